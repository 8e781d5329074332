import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import type { DemoAnswer } from './conversation.ts';
import { type Order, readOrder } from './order.ts';
import { describeOrder } from './report.ts';
import { wordsOf } from './words.ts';

/** Calls the tool that a prompt asks for, or says why it cannot be. Undefined: it asks for none. */
export function answerOrder(prompt: string, tools: LanguageModelV3FunctionTool[]): DemoAnswer | undefined {
  const order = readOrder(prompt);
  if (order === undefined) return undefined;
  const tool = tools.find(({ name }) => name === order.toolName);
  if (tool === undefined)
    return refuse(order, tools.length === 0 ? nothingAttached : notOffered(order, tools));
  return callTool(order, nodesOf(tool));
}

function callTool(order: Order, nodeIds: readonly string[]): DemoAnswer {
  const { toolName, args, nodeId } = order;
  const [only] = nodeIds.length === 1 ? nodeIds : [];
  const node = nodeId ?? only;
  const choices = nodeIds.map((each) => `\`${each}\``).join(', ');
  if (nodeId !== undefined && !nodeIds.includes(nodeId)) {
    return refuse(order, `There is no node \`${nodeId}\` here that could. There are: ${choices || 'none'}.`);
  }
  if (node === undefined && nodeIds.length > 1) {
    return refuse(order, `On which node? Say it again with "on" and one of: ${choices}.`);
  }
  const located = node === undefined ? args : { ...args, node };
  return {
    reasoning: `The prompt asks for ${describeOrder(toolName, located)}. I call ${toolName}.`,
    text: [],
    call: { toolName, args: located },
  };
}

/** The nodes that a tool lets a model choose from. */
function nodesOf({ inputSchema }: LanguageModelV3FunctionTool): string[] {
  const node = inputSchema.properties?.['node'];
  const choices: unknown[] = typeof node === 'object' ? (node.enum ?? []) : [];
  return choices.filter((choice) => typeof choice === 'string');
}

function refuse({ toolName, args }: Order, why: string): DemoAnswer {
  const what = describeOrder(toolName, args);
  return {
    reasoning: `The prompt asks for ${what}, and I cannot do that.`,
    text: wordsOf(why),
  };
}

const nothingAttached = `No node is attached to this session, so there is no machine that I could do that on. To attach one:

1. \`mutation { registerNode(input: { nodeId: "laptop" }) { token } }\` gives a token.
2. On that machine, start \`switchyard agent --gateway URL --token TOKEN\` with the address of this gateway.
3. \`attachNodes\` attaches it to the session: it takes the session's \`id\` and \`nodeIds: ["laptop"]\`.

Then ask me again.`;

function notOffered({ toolName }: Order, tools: LanguageModelV3FunctionTool[]): string {
  const names = tools.map(({ name }) => `\`${name}\``).join(', ');
  return (
    `That takes \`${toolName}\`, which this session does not offer me. It offers ${names}. Either no node that is ` +
    'attached can do it, or the `toolApproval` of the session is `DENY`.'
  );
}
