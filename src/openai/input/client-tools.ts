import { z } from 'zod';
import { cutText } from '../../base/cut-text.ts';
import { badParameter, unsupported } from '../../dialect/errors/api-error.ts';
import type { ClientToolInput } from '../../gql/graphql.ts';

/** A tool as both dialects describe it; Chat Completions does so within `function`. */
const FunctionTool = z.looseObject({
  name: z.string('expected a text'),
  description: z.string('expected a text').nullish(),
  parameters: z.record(z.string(), z.unknown(), 'expected a JSON Schema').nullish(),
});

export const clientTools = z
  .array(z.looseObject({ type: z.string('expected a text'), function: FunctionTool.nullish() }), {
    error: 'expected a list of tools',
  })
  .nullish();

export const toolChoice = z.union([z.string(), z.looseObject({ type: z.string() })]).nullish();

interface AskedTools {
  tools?: z.output<typeof clientTools>;
  tool_choice?: z.output<typeof toolChoice>;
  parallel_tool_calls?: boolean | null | undefined;
}

/**
 * The tools with which a prompt is sent. How strictly the model keeps to a schema is not asked: the gateway hands no call
 * to a client whose arguments do not match.
 *
 * @throws ApiError 400 for tools of OpenAI, and for a choice that the gateway cannot make the model keep to.
 */
export function toolsInput(asked: AskedTools): ClientToolInput[] | null {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = asked;
  if (!tools?.length) return null;
  if (choice != null && choice !== 'auto' && choice !== 'none') {
    const problem = "Expected 'auto' or 'none': the gateway cannot make a model call a tool.";
    throw unsupported('tool_choice', problem);
  }
  if (parallel === false) {
    throw unsupported('parallel_tool_calls', 'The gateway lets a model call several tools at once.');
  }
  const read = tools.map(readTool);
  return choice === 'none' ? null : read;
}

function readTool(tool: NonNullable<AskedTools['tools']>[number], index: number): ClientToolInput {
  const param = `tools[${index}]`;
  if (tool.type !== 'function') {
    const problem = `The gateway has no tool '${cutText(tool.type, 50)}'; it takes the type 'function'.`;
    throw unsupported(`${param}.type`, problem);
  }
  const parsed = FunctionTool.safeParse(tool.function ?? tool);
  if (!parsed.success) throw badParameter(param, 'expected a name, and a JSON Schema as parameters.');
  const { name, description, parameters } = parsed.data;
  // As with OpenAI: a tool without parameters takes none.
  return { name, description, inputSchema: { type: 'object', ...parameters } };
}
