import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, textOf, until } from '../support/gateway/chat.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import type { GatewayApi } from '../support/gateway/gateway-api.ts';
import { createGate, type Gate, text, toolCall } from '../support/model/turn.ts';
import { connectNode, type NodeClient } from '../support/node/node-client.ts';
import { createNodeSession, startNode } from '../support/node/nodes.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { type ScriptedProcess, startScriptedProcess } from '../support/process/scripted-process.ts';

const longGrace = { SHUTDOWN_GRACE_MS: '600000' };

interface Waiting {
  sessionId: string;
  runId: string;
  /** All run events, once the run has ended. */
  seen: Promise<SeenRunEvent[]>;
  /** Holds the answer after "Once upon ". */
  gate: Gate;
}

/** Sends alice's prompt and waits until the answer has come to a gate. */
async function askAndWait(gateway: ScriptedProcess): Promise<Waiting> {
  const gate = createGate();
  gateway.model.script([text('Once ', 'upon '), gate, text('a time.')]);
  const sessionId = await gateway.createSession();
  const seen = collect(chat(gateway.client(), { sessionId, prompt: 'A story, please.' }));
  await gate.reached;
  const { session } = await gateway.query('query ($id: ID!) { session(id: $id) { activeRun { id } } }', {
    id: sessionId,
  });
  return { sessionId, seen, gate, runId: session.activeRun.id };
}

async function tellToStop(gateway: ScriptedProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  gateway.kill(signal);
  await gateway.logged('closing');
}

/** The stored run and its answer. */
async function storedRun(gateway: GatewayApi, id: string) {
  const query =
    'query ($id: ID!) { run(id: $id) { status cancelCause assistantMessage { content status cancelCause } } }';
  return (await gateway.query(query, { id })).run;
}

/** The stored run and its answer, as the next gateway on the same data folder shows them. */
async function storedRunAfter({ dataDir }: ScriptedProcess, id: string) {
  await using next = await startTestGateway({ dataDir });
  return await storedRun(next, id);
}

/** The tests of this suite follow one gateway through its shutdown, so each of them relies on those before it. */
describe('a gateway that is told to stop while it has runs, a queued prompt and open streams', () => {
  let gateway: ScriptedProcess;
  let story: Waiting;
  let queuedRunId: string;
  let laptop: NodeClient & { token: string };
  let nodeRun: Promise<SeenRunEvent[]>;
  let again: NodeClient;
  let next: GatewayProcess | undefined;

  beforeAll(async () => {
    gateway = await startScriptedProcess(longGrace);
    laptop = await startNode(gateway, 'laptop');
    await watchInEveryWay(gateway);
    story = await askAndWait(gateway);
    const { sessionId } = story;
    queuedRunId = await gateway.send({ sessionId, prompt: 'Another one.', onBusy: 'ENQUEUE' });
    await until(follow(gateway.client(), queuedRunId), 'RunQueued');

    gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Built.')]);
    const nodeSessionId = await createNodeSession(gateway, ['laptop']);
    nodeRun = collect(chat(gateway.client(), { sessionId: nodeSessionId, prompt: 'Build it' }));
  });

  afterAll(async () => {
    await next?.[Symbol.asyncDispose]();
    await again?.[Symbol.asyncDispose]();
    await laptop[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  test('a closing gateway lets a node reconnect and report the result that a run waits for', async () => {
    const { dispatchId } = await laptop.take();
    await tellToStop(gateway);
    laptop.leave();

    const { instanceId, token } = laptop;
    again = connectNode(gateway.url, token, { instanceId, running: [dispatchId] });
    await again.next('InboxOpened');
    expect(await again.finish(dispatchId, { result: 'built' })).toBe(true);
    expect(textOf(await nodeRun)).toBe('Built.');
  });

  test('a closing gateway keeps answering, says that it is not ready and accepts no prompts', async () => {
    const sessionId = await gateway.createSession();
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const { errors } = await gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } });
    expect(errors?.[0]?.extensions['code']).toBe('SHUTTING_DOWN');
    const ready = await fetch(`${gateway.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'shutting down' }]);
  });

  test('a closing gateway lets a run finish, tells its followers, closes inboxes and streams, and ends with 0', async () => {
    story.gate.release();
    const events = await story.seen;
    expect(textOf(events)).toBe('Once upon a time.');
    expect(events.at(-1)?.__typename).toBe('RunCompleted');
    expect(await again.next('InboxClosed')).toMatchObject({ reason: 'SHUTTING_DOWN' });
    await again.ended;
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(gateway.lines.at(-1)?.msg).toBe('closed');
    expect(gateway.stderr).toBe('');
    await expect(fetch(`${gateway.url}/health/live`)).rejects.toThrow();
  });

  test('the gateway that starts next has the answer, and it answers the prompt that was queued', async () => {
    // One request for the story, and two for the run with the tool call.
    expect(gateway.model.requests).toHaveLength(3);
    gateway.model.script([text('The end.')]);
    next = await gateway.restart();
    expect(await storedRun(next, story.runId)).toEqual({
      status: 'COMPLETED',
      cancelCause: null,
      assistantMessage: { content: 'Once upon a time.', status: 'COMPLETE', cancelCause: null },
    });
    // The cursor of a follower that has seen the first run event, RunQueued.
    expect(textOf(await collect(follow(next.client(), queuedRunId, 1)))).toBe('The end.');
  });
});

test('at SIGHUP, which comes when its terminal is closed, a gateway cancels a run that takes too long, keeps its partial answer and tells its followers', async () => {
  await using gateway = await startScriptedProcess({ SHUTDOWN_GRACE_MS: '50' });
  const { runId, seen } = await askAndWait(gateway);
  gateway.kill('SIGHUP');
  const last = (await seen).at(-1);
  expect(last).toMatchObject({
    __typename: 'RunCancelled',
    cause: 'SHUTDOWN',
    message: { content: 'Once upon ', status: 'CANCELLED' },
  });
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  expect(await storedRunAfter(gateway, runId)).toEqual({
    status: 'CANCELLED',
    cancelCause: 'SHUTDOWN',
    assistantMessage: { content: 'Once upon ', status: 'CANCELLED', cancelCause: 'SHUTDOWN' },
  });
});

test('a gateway without runs ends at SIGINT although it has open streams that never end', async () => {
  await using gateway = await startScriptedProcess();
  await watchInEveryWay(gateway);
  gateway.kill('SIGINT');
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  expect(gateway.lines.at(-1)?.msg).toBe('closed');
  expect(gateway.stderr).toBe('');
});

test('a second signal cancels the runs that a closing gateway waits for, and a third ends it at once', async () => {
  await using gateway = await startScriptedProcess(longGrace);
  // Such streams keep a closing gateway open for a moment after its runs have ended.
  await watchInEveryWay(gateway);
  const { runId, seen } = await askAndWait(gateway);
  await tellToStop(gateway, 'SIGINT');
  expect((await gateway.logged('closing')).msg).toBe(
    'closing: waiting up to 600 s for 1 run, then cancelling what is left and saving its text; a second Ctrl-C does so at once',
  );
  gateway.kill('SIGINT');
  expect((await gateway.logged('second signal')).msg).toBe(
    'second signal: cancelling 1 run and saving its text; a third ends the process at once',
  );
  expect((await seen).at(-1)).toMatchObject({ __typename: 'RunCancelled', cause: 'SHUTDOWN' });
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toEqual({ code: 143, signal: null });
  expect(await storedRunAfter(gateway, runId)).toMatchObject({
    status: 'CANCELLED',
    assistantMessage: { content: 'Once upon ', status: 'CANCELLED' },
  });
});

/** Watches a session over each transport. Resolves when every transport has delivered an event. */
async function watchInEveryWay(gateway: ScriptedProcess): Promise<void> {
  const sessionId = await gateway.createSession();
  const query = 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }';
  const operation = { query, variables: { id: sessionId } };
  const seen: Record<string, boolean> = { distinct: false, single: false, yoga: false };
  for (const mode of ['distinct', 'single']) {
    const client = gateway.client({ singleConnection: mode === 'single' });
    client.subscribe(operation, {
      next: () => {
        seen[mode] = true;
      },
      error: () => {},
      complete: () => {},
    });
  }
  void watchOverYoga(gateway.url, operation, () => {
    seen['yoga'] = true;
  }).catch(() => {});
  await vi.waitUntil(
    async () => {
      await gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }', {
        id: sessionId,
      });
      return Object.values(seen).every(Boolean);
    },
    { timeout: 20_000 },
  );
}

async function watchOverYoga(url: string, operation: object, onResult: () => void): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify(operation),
  });
  for await (const chunk of response.body ?? []) {
    if (Buffer.from(chunk).toString().includes('event: next')) onResult();
  }
}
