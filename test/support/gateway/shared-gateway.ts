import { afterAll, afterEach, beforeAll } from 'vitest';
import { startModelServer } from '../model/model-server.ts';
import { chat } from './chat.ts';
import type { TestGateway, TestGatewayOptions } from './gateway.ts';
import { type Format, startModelGateway } from './model-gateway.ts';
import { type ScriptedGateway, startScriptedGateway } from './scripted-gateway.ts';
import { createGuardedTools, type GuardedChat } from './tool-approval.ts';

/**
 * Starts one gateway for all tests of a file or of a `describe`. After each test, the runs that it left are cancelled.
 *
 * @param clean Called after each test, when no run is live any more.
 * @returns A function that returns the gateway, to be called in a test.
 */
export function shareGateway<Gateway extends TestGateway>(
  start: () => Promise<Gateway>,
  clean: (gateway: Gateway) => unknown = () => undefined,
): () => Gateway {
  let gateway: Gateway | undefined;
  const shared = () => {
    if (gateway === undefined) throw new Error('The shared gateway has not started yet.');
    return gateway;
  };
  beforeAll(async () => {
    gateway = await start();
  });
  afterEach(async () => {
    await cancelRuns(shared());
    await clean(shared());
  });
  afterAll(() => gateway?.[Symbol.asyncDispose]());
  return shared;
}

async function cancelRuns({ services }: TestGateway): Promise<void> {
  const { database, engine } = services;
  const runs = await database.run.findMany({
    where: { status: { in: ['RUNNING', 'QUEUED'] } },
    select: { sessionId: true },
    distinct: ['sessionId'],
  });
  for (const { sessionId } of runs) await engine.cancelSession(sessionId, 'USER');
}

/** Shares a gateway whose model does what each test scripts. */
export function shareScriptedGateway(options?: TestGatewayOptions): () => ScriptedGateway {
  return shareGateway(() => startScriptedGateway(options), resetModel);
}

/** Shares a gateway whose model speaks a wire format, and does what each test scripts. */
export function shareModelGateway(format: Format, options?: TestGatewayOptions): () => ScriptedGateway {
  const start = async () => {
    const model = await startModelServer();
    const gateway = await startModelGateway(model, format, options);
    return {
      ...gateway,
      model,
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        await model[Symbol.asyncDispose]();
      },
    };
  };
  return shareGateway(start, resetModel);
}

function resetModel({ model }: ScriptedGateway): void {
  model.reset();
}

/**
 * Shares a gateway whose model has one tool that reads, and one that writes and needs an approval.
 *
 * @returns A function that opens a session of its own for each test. `tools.requests` are those of the session.
 */
export function shareGuardedGateway(settings: Record<string, string> = {}): () => Promise<GuardedChat> {
  const tools = createGuardedTools();
  const shared = shareScriptedGateway({ tools, settings });
  return async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const ofSession = ({ sessionId: id }: { sessionId: number }) =>
      Buffer.from(`Session:${id}`).toString('base64') === sessionId;
    return {
      ...gateway,
      tools: {
        ...tools,
        get requests() {
          return tools.requests.filter(ofSession);
        },
      },
      sessionId,
      ask: (more) => chat(gateway.client(), { sessionId, prompt: 'Go', ...more }),
    };
  };
}
