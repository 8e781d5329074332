import { expect } from 'vitest';
import type { ToolRunner } from '../../../src/tools/tool-runner.ts';
import { type ModelRequest, type ModelServer, startModelServer } from '../model/model-server.ts';
import type { TurnStep } from '../model/turn.ts';
import { type ChatVariables, chat, collect, type SeenRunEvent } from './chat.ts';
import type { TestGateway } from './gateway.ts';
import { modelsByFormat, type SettingFormat, startModelGateway } from './model-gateway.ts';
import { createTools } from './tool-double.ts';

/** A session whose model has tools. */
interface ToolChat {
  sessionId: string;
  /** Sends a prompt. Returns the run events as they come. */
  chat(prompt: string, more?: Partial<ChatVariables>): AsyncGenerator<SeenRunEvent>;
  /** Sends a prompt that is answered to its end. Returns the tool calls of the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  ask(prompt: string, more?: Partial<ChatVariables>): Promise<any[]>;
  /** The requests that the model has got since the session was created. */
  requests(): ModelRequest[];
  /** The messages of one of these requests, counted from 0. */
  messages(request: number): Record<string, unknown>[];
}

/** A gateway that the tests of a file share: each test has its own session and its own tools. */
export interface ToolGateway extends AsyncDisposable {
  gateway: TestGateway;
  model: ModelServer;
  /**
   * Creates a session with a model of this format. From then on all sessions have these tools.
   *
   * @param input Added to the input of `createSession`.
   */
  createChat(format: SettingFormat, tools?: ToolRunner, input?: object): Promise<ToolChat>;
  /** From now on all sessions have these tools. */
  tools(next: ToolRunner): void;
}

/** One tool that reads, and one that always fails. */
function createFileTools() {
  return createTools({
    read: ({ args }) => `content of ${JSON.stringify(args)}`,
    write: () => ({ status: 'FAILED', result: 'read-only', exitCode: 1 }),
  });
}

export async function startToolGateway(settings: Record<string, string> = {}): Promise<ToolGateway> {
  let current: ToolRunner = createFileTools();
  const tools: ToolRunner = {
    get names() {
      return current.names;
    },
    offer: (sessionId) => current.offer(sessionId),
    plan: (request, signal) => current.plan(request, signal),
    resume: (call) => current.resume(call),
  };
  const model = await startModelServer();
  const gateway = await startModelGateway(model, 'openai', { tools, settings });
  return {
    gateway,
    model,
    tools(next) {
      current = next;
    },
    async createChat(format, newTools = createFileTools(), input = {}) {
      current = newTools;
      const [providerName, modelName] = modelsByFormat[format].split('/');
      const sessionId = await gateway.createSession({ providerName, modelName, ...input });
      const before = model.requests.length;
      const start: ToolChat['chat'] = (prompt, more = {}) =>
        chat(gateway.client(), { sessionId, prompt, ...more });
      const requests = () => model.requests.slice(before);
      return {
        sessionId,
        chat: start,
        async ask(prompt, more) {
          const seen = await collect(start(prompt, more));
          expect(seen.at(-1)?.__typename).toBe('RunCompleted');
          return seen.at(-1)?.['message'].toolCalls;
        },
        requests,
        messages(request) {
          const body = requests()[request]?.body;
          return (body?.['messages'] ?? body?.['contents']) as Record<string, unknown>[];
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** A tool call whose arguments are sent unchanged, even if they are not JSON. */
export function rawCall(id: string, name: string, input: string): TurnStep {
  return { type: 'toolCall', id, name, fragments: [input] };
}
