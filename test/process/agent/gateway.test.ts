import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, follow, until } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { text } from '../../support/model/turn.ts';
import { callTools, endsOf, run, untilGo } from '../../support/node/agent-calls.ts';
import { createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import type { GatewayProcess } from '../../support/process/gateway-process.ts';
import { startScriptedProcess } from '../../support/process/scripted-process.ts';

/** In milliseconds: two programs start one after the other, and the agent waits before it connects again. */
const slow = 90_000;

/**
 * A laptop and its gateway, a process that is ended and started again with the same address and the same data. All
 * tests share the laptop, because starting the programs takes longer than everything else that the tests do.
 */
async function startLaptop() {
  const machine = await openMachine();
  const settings = (graceMs: number) => ({ SHUTDOWN_GRACE_MS: String(graceMs) });
  const port = String(await unusedPort());
  const first = await startScriptedProcess({ PORT: port, ...settings(60_000) });
  const agent = await startAgent(first.url, { token: await registerNode(first, 'laptop'), ...machine });
  const { model } = first;
  const running = (gateway: GatewayProcess, graceMs: number) => {
    const state = { gateway: Object.assign(gateway, { model }), graceMs, hasExited: false };
    void gateway.exited.then(() => {
      state.hasExited = true;
    });
    return state;
  };
  let current = running(first, 60_000);
  return {
    agent,
    machine,
    /** The gateway that runs with this `SHUTDOWN_GRACE_MS`. It is started if it does not run. */
    async gateway(graceMs: number) {
      if (current.hasExited || current.graceMs !== graceMs) {
        current.gateway.kill('SIGKILL');
        await current.gateway.exited;
        current = running(await first.restart(settings(graceMs)), graceMs);
      }
      return current.gateway;
    },
    /** Returns a function that waits until the agent has printed this text once more than it has now. */
    printsAgain(line: string) {
      const times = agent.stdout.split(line).length;
      return () => agent.printed(line, times);
    },
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await current.gateway[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

let laptop: Awaited<ReturnType<typeof startLaptop>>;

beforeAll(async () => {
  laptop = await startLaptop();
}, slow);

afterAll(() => laptop?.[Symbol.asyncDispose]());

let folders = 0;

/** Lets the model run a command in a new session and in a folder of its own, until the command has printed a line. */
async function startWork(gateway: Awaited<ReturnType<typeof laptop.gateway>>, command: string) {
  folders += 1;
  const cwd = `work-${folders}`;
  const folder = join(laptop.machine.workspace, cwd);
  await mkdir(folder);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  gateway.model.script([run(command, 'a', { cwd })]);
  const seen = await until(chat(gateway.client(), { sessionId, prompt: 'Work' }), 'ToolOutputDelta', '\n');
  return {
    cwd,
    sessionId,
    runId: seen[0]?.runId ?? '',
    log: () => readFile(join(folder, 'log'), 'utf8'),
    /** Ends a command that waits for the file `go`. */
    go: () => writeFile(join(folder, 'go'), ''),
  };
}

async function stored(gateway: GatewayApi, id: string) {
  const query = `query ($id: ID!) { run(id: $id) {
    status error { code } assistantMessage { status toolCalls { status result exitCode stopped } }
  } }`;
  return (await gateway.query(query, { id })).run;
}

const waiting = `echo once >> log; ${untilGo}`;

/** A run that goes on behind its command. */
const completed = {
  status: 'COMPLETED',
  error: null,
  assistantMessage: {
    status: 'COMPLETE',
    toolCalls: [{ status: 'SUCCEEDED', stopped: null, exitCode: 0, result: 'ready\n' }],
  },
};

describe('after a gateway was killed while the laptop ran two commands', () => {
  let next: Awaited<ReturnType<typeof laptop.gateway>>;
  let stillRunning: Awaited<ReturnType<typeof startWork>>;
  let ended: Awaited<ReturnType<typeof startWork>>;

  beforeAll(async () => {
    const gateway = await laptop.gateway(60_000);
    stillRunning = await startWork(gateway, waiting);
    ended = await startWork(gateway, waiting);
    gateway.model.script([text('Done.')], [text('Done.')]);
    const offline = laptop.printsAgain('offline: ');
    const online = laptop.printsAgain('online: node');

    gateway.kill('SIGKILL');
    await gateway.exited;
    const exit = laptop.printsAgain('→ exit 0');
    await ended.go();
    await exit();
    await offline();
    next = await laptop.gateway(60_000);

    await online();
  }, slow);

  test('the next gateway goes on with the result of the command that ended while no gateway ran', {
    timeout: slow,
  }, async () => {
    await expect.poll(() => stored(next, ended.runId), { timeout: 60_000 }).toEqual(completed);
    expect(await ended.log()).toBe('once\n');
  });

  test('the next gateway goes on with the run whose command still runs', { timeout: slow }, async () => {
    const { runId, sessionId, go, log } = stillRunning;
    await go();
    await expect.poll(() => stored(next, runId), { timeout: 60_000 }).toEqual(completed);
    expect(await callTools(next, sessionId, run('echo again', 'again'))).toMatchObject({
      again: { status: 'SUCCEEDED', result: 'again\n' },
    });
    expect(await log()).toBe('once\n');
  });
});

test('a gateway that is told to stop lets a command end, and the laptop goes to the next gateway', {
  timeout: slow,
}, async () => {
  const gateway = await laptop.gateway(60_000);
  const { runId, sessionId, cwd, go } = await startWork(gateway, waiting);
  const offline = laptop.printsAgain('offline: The gateway is shutting down.');
  const online = laptop.printsAgain('online: node');
  gateway.model.script([text('Done.')]);
  const seen = collect(follow(gateway.client(), runId));

  gateway.kill('SIGTERM');
  await gateway.logged('closing: waiting up to');
  await go();

  const all = await seen;
  expect(endsOf(all)).toMatchObject({ a: { status: 'SUCCEEDED', result: 'ready\n' } });
  expect(all.at(-1)?.__typename).toBe('RunCompleted');
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  await offline();
  const next = await laptop.gateway(0);
  await online();
  expect(await callTools(next, sessionId, run('cat log', 'log', { cwd }))).toMatchObject({
    log: { result: 'once\n' },
  });
});

test('a gateway that stops without waiting leaves its command to the laptop, and the next gateway goes on with it', {
  timeout: slow,
}, async () => {
  const gateway = await laptop.gateway(0);
  const { runId, go, log } = await startWork(gateway, waiting);
  const offline = laptop.printsAgain('offline: ');
  const online = laptop.printsAgain('online: node');
  gateway.model.script([text('Done.')]);

  gateway.kill('SIGTERM');
  await gateway.exited;
  await offline();
  const next = await laptop.gateway(0);

  await online();
  await go();
  await expect.poll(() => stored(next, runId), { timeout: 60_000 }).toEqual(completed);
  expect(await log()).toBe('once\n');
});
