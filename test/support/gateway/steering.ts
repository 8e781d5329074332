import { once } from 'node:events';
import { createGate, type Gate, type TurnStep, toolCall } from '../model/turn.ts';
import type { TestGateway } from './gateway.ts';
import { createTools, type Tool } from './tool-double.ts';

/** Tools that end when their test says so: while one runs, prompts can wait to join the answer. */
export function createGatedTools() {
  const gates = new Map<string, Gate>();
  const work: Tool = async ({ args, signal }) => {
    const stopped = once(signal, 'abort');
    await Promise.race([gates.get((args as { gate: string }).gate)?.pass(), stopped]);
    return 'worked';
  };
  const tools = createTools({ work, check: work });
  return {
    tools,
    /** A call of the tool, and the gate at which it waits. */
    gatedCall(id: string, tool: 'work' | 'check' = 'work'): { gate: Gate; call: TurnStep } {
      const gate = createGate();
      const name = crypto.randomUUID();
      gates.set(name, gate);
      return { gate, call: toolCall(id, tool, { gate: name }) };
    },
  };
}

const sendDocument = `mutation ($input: ChatInput!) {
  sendMessage(input: $input) {
    id status requestId steeredInto { id } userMessage { id } assistantMessage { id status }
  }
}`;

/** Sends a prompt that is to join the answer that is being written. */
export async function steer(gateway: TestGateway, input: Record<string, unknown>) {
  const { data, errors } = await gateway.graphql(sendDocument, { input: { onBusy: 'STEER', ...input } });
  if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
  return data.sendMessage;
}

const messagesDocument = `query ($id: ID!) { session(id: $id) { messages(first: 100) { totalCount edges { node {
  id role status content parent { id } siblings { id }
  steeredInto { id } steeredPrompts { textOffset reasoningOffset message { id content } }
} } } } }`;

/** The messages of the branch that a session shows. */
export async function messagesOf(gateway: TestGateway, id: string) {
  const { data } = await gateway.graphql(messagesDocument, { id });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  return data.session.messages.edges.map(({ node }: { node: any }) => node);
}

/** Each message of the branch as `U text` or `A text`. */
export async function spoken(gateway: TestGateway, id: string): Promise<string[]> {
  const messages = await messagesOf(gateway, id);
  return messages.map(({ role, content }: { role: string; content: string }) => `${role[0]} ${content}`);
}
