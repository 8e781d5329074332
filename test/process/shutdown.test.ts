import { describe, expect, test, vi } from 'vitest';
import { chat, collect, follow, textOf, until } from '../support/gateway/chat.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { createGate, text, toolCall } from '../support/model/turn.ts';
import { connectNode } from '../support/node/node-client.ts';
import { createNodeSession, startNode } from '../support/node/nodes.ts';
import { type ScriptedProcess, startScriptedProcess } from '../support/process/scripted-process.ts';

const longGrace = { SHUTDOWN_GRACE_MS: '600000' };

/** Alice has asked, and her answer has come to a gate. */
async function askAndWait(gateway: ScriptedProcess) {
  const gate = createGate();
  gateway.model.script([text('Once ', 'upon '), gate, text('a time.')]);
  const sessionId = await gateway.createSession();
  const seen = collect(chat(gateway.client(), { sessionId, prompt: 'A story, please.' }));
  await gate.reached;
  const { session } = await gateway.query('query ($id: ID!) { session(id: $id) { activeRun { id } } }', {
    id: sessionId,
  });
  return { sessionId, seen, gate, runId: session.activeRun.id as string };
}

async function tellToStop(gateway: ScriptedProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  gateway.kill(signal);
  await gateway.logged('closing');
}

/** What is stored of a session, seen by the gateway that comes next. */
async function storedAnswer(dataDir: string, id: string) {
  await using next = await startTestGateway({ dataDir });
  const stored = 'query ($id: ID!) { session(id: $id) { lastMessage { content status run { status } } } }';
  return (await next.graphql(stored, { id })).data.session.lastMessage;
}

describe('a gateway that is told to stop', () => {
  test('lets a run finish, tells its followers and ends with 0', async () => {
    await using gateway = await startScriptedProcess(longGrace);
    const { sessionId, seen, gate } = await askAndWait(gateway);
    await tellToStop(gateway);
    gate.release();
    const events = await seen;
    expect(textOf(events)).toBe('Once upon a time.');
    expect(events.at(-1)?.__typename).toBe('RunCompleted');
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(gateway.stderr).toBe('');
    expect(await storedAnswer(gateway.dataDir, sessionId)).toEqual({
      content: 'Once upon a time.',
      status: 'COMPLETE',
      run: { status: 'COMPLETED' },
    });
  });

  test('cancels a run that takes too long, keeps its partial answer and tells its followers', async () => {
    await using gateway = await startScriptedProcess({ SHUTDOWN_GRACE_MS: '50' });
    const { sessionId, seen } = await askAndWait(gateway);
    gateway.kill('SIGTERM');
    const last = (await seen).at(-1);
    expect(last).toMatchObject({
      __typename: 'RunCancelled',
      message: { content: 'Once upon ', status: 'CANCELLED' },
    });
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(await storedAnswer(gateway.dataDir, sessionId)).toEqual({
      content: 'Once upon ',
      status: 'CANCELLED',
      run: { status: 'CANCELLED' },
    });
  });

  test('leaves a queued prompt to the next gateway', async () => {
    await using gateway = await startScriptedProcess(longGrace);
    const { sessionId, seen, gate } = await askAndWait(gateway);
    const waiting = await gateway.send({ sessionId, prompt: 'Another one.', onBusy: 'ENQUEUE' });
    await until(follow(gateway.client(), waiting), 'RunQueued');
    await tellToStop(gateway);
    gate.release();
    await seen;
    await gateway.exited;
    expect(gateway.model.requests).toHaveLength(1);
    gateway.model.script([text('The end.')]);
    await using next = await gateway.restart();
    // The cursor of one who saw it being queued.
    expect(textOf(await collect(follow(next.client(), waiting, 1)))).toBe('The end.');
  });

  test('keeps answering until its runs have ended, says it is not ready and takes no prompts', async () => {
    await using gateway = await startScriptedProcess(longGrace);
    const { seen, gate } = await askAndWait(gateway);
    const sessionId = await gateway.createSession();
    await tellToStop(gateway);
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const { errors } = await gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } });
    expect(errors?.[0]?.extensions['code']).toBe('SHUTTING_DOWN');
    const ready = await fetch(`${gateway.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'shutting down' }]);
    gate.release();
    await seen;
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(gateway.model.requests).toHaveLength(1);
    await expect(fetch(`${gateway.url}/health/live`)).rejects.toThrow();
  });

  test('lets nodes reconnect and report what its runs wait for, then closes their inboxes', async () => {
    await using gateway = await startScriptedProcess(longGrace);
    gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Built.')]);
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Build it' }));
    const { dispatchId } = await laptop.take();
    await tellToStop(gateway);
    laptop.leave();

    const { instanceId, token } = laptop;
    await using again = connectNode(gateway.url, token, { instanceId, running: [dispatchId] });
    await again.next('InboxOpened');
    expect(await again.finish(dispatchId, { result: 'built' })).toBe(true);

    expect(textOf(await seen)).toBe('Built.');
    expect(await again.next('InboxClosed')).toMatchObject({ reason: 'SHUTTING_DOWN' });
    await again.ended;
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends at %s though streams are open that never end',
    async (signal) => {
      await using gateway = await startScriptedProcess();
      const sessionId = await gateway.createSession();
      const seen = watchInEveryWay(gateway, sessionId);
      await vi.waitUntil(
        async () => {
          await gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }', {
            id: sessionId,
          });
          return Object.values(seen).every(Boolean);
        },
        { timeout: 20_000 },
      );
      gateway.kill(signal);
      expect(await gateway.exited).toEqual({ code: 0, signal: null });
      expect(gateway.lines.at(-1)?.msg).toBe('closed');
      expect(gateway.stderr).toBe('');
    },
  );
});

test.each([
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGINT', 'SIGINT', 130],
  ['SIGTERM', 'SIGINT', 130],
] as const)(
  '%s and then %s ends a gateway at once, and its runs are interrupted',
  async (first, second, code) => {
    await using gateway = await startScriptedProcess(longGrace);
    const { sessionId, seen } = await askAndWait(gateway);
    await tellToStop(gateway, first);
    gateway.kill(second);
    await expect(seen).rejects.toThrow();
    expect(await gateway.exited).toEqual({ code, signal: null });
    expect(await storedAnswer(gateway.dataDir, sessionId)).toMatchObject({
      status: 'INTERRUPTED',
      run: { status: 'FAILED' },
    });
  },
);

/** Watches a session over each transport; says which of them has shown something. */
function watchInEveryWay(gateway: ScriptedProcess, sessionId: string): Record<string, boolean> {
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
  return seen;
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
