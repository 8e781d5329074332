import { expect } from 'vitest';
import type { ToolRunner } from '../../../src/tools/tool-runner.ts';
import type { ModelServer } from '../model/model-server.ts';
import type { TurnStep } from '../model/turn.ts';
import { type ChatVariables, chat, collect } from './chat.ts';
import type { TestGateway } from './gateway.ts';
import { type Format, startModelGateway } from './model-gateway.ts';
import { createTools } from './tool-double.ts';

export interface ToolChat extends AsyncDisposable {
  gateway: TestGateway;
  /** Sends a prompt that is answered to its end. Returns the tool calls of the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  ask(prompt: string, more?: Partial<ChatVariables>): Promise<any[]>;
  /** The messages of a request, counted from 0. */
  messages(request: number): Record<string, unknown>[];
}

/** One tool that reads, and one that always fails. */
function createFileTools() {
  return createTools({
    read: ({ args }) => `content of ${JSON.stringify(args)}`,
    write: () => ({ status: 'FAILED', result: 'read-only', exitCode: 1 }),
  });
}

/** A session whose model has tools. */
export async function startToolChat(
  model: ModelServer,
  format: Format,
  tools: ToolRunner = createFileTools(),
): Promise<ToolChat> {
  const gateway = await startModelGateway(model, format, { tools });
  const sessionId = await gateway.createSession({ systemPrompt: 'Be brief.' });
  return {
    gateway,
    async ask(prompt, more = {}) {
      const seen = await collect(chat(gateway.client(), { sessionId, prompt, ...more }));
      expect(seen.at(-1)?.__typename).toBe('RunCompleted');
      return seen.at(-1)?.['message'].toolCalls;
    },
    messages(request) {
      const body = model.requests[request]?.body;
      return (body?.['messages'] ?? body?.['contents']) as Record<string, unknown>[];
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** A call with arguments as they stand, be they JSON or not. */
export function rawCall(id: string, name: string, input: string): TurnStep {
  return { type: 'toolCall', id, name, fragments: [input] };
}
