import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { chat, collect, follow } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { silence, text } from '../../support/model/turn.ts';

/** A gateway whose model begins every answer and ends none. */
async function startSilentGateway(settings: Record<string, string>): Promise<ScriptedGateway> {
  const gateway = await startScriptedGateway({ settings });
  gateway.model.otherwise(() => [text('Well, '), silence()]);
  return gateway;
}

async function cancel(gateway: TestGateway, sessionId: string): Promise<void> {
  await gateway.query('mutation ($id: ID!) { cancelRun(sessionId: $id) { cancelled } }', { id: sessionId });
}

const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id status } }';

function postSend(gateway: TestGateway, sessionId: string): Promise<Response> {
  return fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: send, variables: { input: { sessionId, prompt: 'Hi' } } }),
  });
}

function sessionsOf(gateway: TestGateway, userId: string, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => gateway.createSession({ userId })));
}

function codesOf(answers: GraphQLAnswer[]): string[] {
  return answers.map(({ errors }) => String(errors?.[0]?.extensions['code'] ?? 'ok')).toSorted();
}

describe('MAX_LIVE_RUNS', () => {
  test('is never exceeded, however many prompts come at once, and those at work go on', async () => {
    await using gateway = await startSilentGateway({ MAX_LIVE_RUNS: '3' });
    const sessions = await sessionsOf(gateway, 'alice', 10);

    const answers = await Promise.all(
      sessions.map((sessionId) => gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } })),
    );

    expect(codesOf(answers)).toEqual([...Array(7).fill('OVERLOADED'), ...Array(3).fill('ok')]);
    const refused = answers.find(({ errors }) => errors);
    expect(refused?.errors?.[0]).toMatchObject({
      message: 'The gateway is answering 3 prompts already; try again in a moment.',
      extensions: { code: 'OVERLOADED', limit: 'MAX_LIVE_RUNS', retryAfter: 1 },
    });
    const { database } = gateway.services;
    expect(await database.run.count({ where: { status: 'RUNNING' } })).toBe(3);
    // What was refused has left nothing behind.
    expect(await database.message.count()).toBe(6);
  });

  test('has room again when a run has ended', async () => {
    await using gateway = await startSilentGateway({ MAX_LIVE_RUNS: '1' });
    const [first = '', second = ''] = await sessionsOf(gateway, 'alice', 2);
    await gateway.send({ sessionId: first, prompt: 'Hi' });
    await expect(gateway.send({ sessionId: second, prompt: 'Hi' })).rejects.toMatchObject({
      code: 'OVERLOADED',
    });

    await cancel(gateway, first);

    await gateway.send({ sessionId: second, prompt: 'Hi' });
  });

  test('counts no run that waits, and no run that is there already', async () => {
    await using gateway = await startScriptedGateway({ settings: { MAX_LIVE_RUNS: '1' } });
    gateway.model.script([text('One'), silence()], [text('Two')]);
    const sessionId = await gateway.createSession();
    const first = await gateway.send({ sessionId, prompt: 'Hi', requestId: 'r1' });

    const waiting = await gateway.send({ sessionId, prompt: 'And then?', onBusy: 'ENQUEUE' });
    expect(await gateway.send({ sessionId, prompt: 'Hi', requestId: 'r1' })).toBe(first);
    await expect(gateway.send({ sessionId, prompt: 'Hi' })).rejects.toMatchObject({
      code: 'RUN_IN_PROGRESS',
    });

    await gateway.query('mutation ($id: ID!) { cancelRun(runId: $id) { cancelled } }', { id: first });
    const seen = await collect(follow(gateway.client(), waiting));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Two' } });
  });

  test('is told in HTTP, where it can be: 503 with Retry-After', async () => {
    await using gateway = await startSilentGateway({ MAX_LIVE_RUNS: '1' });
    const [first = '', second = ''] = await sessionsOf(gateway, 'alice', 2);
    await gateway.send({ sessionId: first, prompt: 'Hi' });

    const overGraphQL = await postSend(gateway, second);
    expect([overGraphQL.status, overGraphQL.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await overGraphQL.json()).errors[0].extensions).toEqual({
      code: 'OVERLOADED',
      limit: 'MAX_LIVE_RUNS',
      retryAfter: 1,
    });

    const overRest = await gateway.rest('/sessions/2/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'Hi' }),
    });
    expect([overRest.status, overRest.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await overRest.json()).toEqual({ detail: expect.stringMatching(/^The gateway is answering 1 /) });

    await expect(collect(chat(gateway.client(), { sessionId: second, prompt: 'Hi' }))).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryAfter: 1,
    });
  });
});

describe('MAX_LIVE_RUNS_PER_USER', () => {
  test('keeps alice from more, and bob from nothing', async () => {
    await using gateway = await startSilentGateway({ MAX_LIVE_RUNS_PER_USER: '2' });
    const [first = '', ...others] = await sessionsOf(gateway, 'alice', 5);
    const [bobs = ''] = await sessionsOf(gateway, 'bob', 1);

    const answers = await Promise.all(
      [first, ...others].map((sessionId) => gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } })),
    );

    expect(codesOf(answers)).toEqual([...Array(3).fill('RATE_LIMITED'), ...Array(2).fill('ok')]);
    expect(answers.find(({ errors }) => errors)?.errors?.[0]?.extensions).toMatchObject({
      limit: 'MAX_LIVE_RUNS_PER_USER',
    });
    await gateway.send({ sessionId: bobs, prompt: 'Hi' });
    await Promise.all([first, ...others].map((id) => cancel(gateway, id)));
    await gateway.send({ sessionId: first, prompt: 'Hi' });
  });
});

/** Keeps the event loop, which gateway and test share, from everything else. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Gives the event loop something to do in every turn, until it is disposed of. */
function keepBusy(work: () => void): Disposable {
  let next = setImmediate(again);
  function again() {
    work();
    next = setImmediate(again);
  }
  return { [Symbol.dispose]: () => clearImmediate(next) };
}

describe('MAX_EVENT_LOOP_DELAY_MS', () => {
  test('refuses prompts while the gateway is late, and lets those at work finish', async () => {
    await using gateway = await startTestGateway({
      settings: { MAX_EVENT_LOOP_DELAY_MS: '200', DEMO_DELAY_MS: '5' },
    });
    const sessionId = await gateway.createSession();
    const atWork = await gateway.send({ sessionId, prompt: 'Write 100 words.' });

    const tooMuch = setInterval(() => block(300), 1);
    // What comes before the gateway has been late for long enough is taken.
    const send = async () => postSend(gateway, await gateway.createSession());
    await expect.poll(async () => (await send()).status, { timeout: 20_000 }).toBe(503);
    const refused = await send();
    clearInterval(tooMuch);

    expect(refused.headers.get('retry-after')).toBe('2');
    expect((await refused.json()).errors[0]).toMatchObject({
      extensions: { code: 'OVERLOADED', limit: 'MAX_EVENT_LOOP_DELAY_MS' },
    });
    expect((await collect(follow(gateway.client(), atWork))).at(-1)?.__typename).toBe('RunCompleted');
    await expect.poll(async () => (await send()).status, { timeout: 20_000 }).toBe(200);
  });

  test('is reached where some turns are late and those between them are not', async () => {
    await using gateway = await startSilentGateway({ MAX_EVENT_LOOP_DELAY_MS: '200' });
    let turns = 0;
    using _ = keepBusy(() => block(++turns % 50 === 0 ? 400 : 1));
    const send = async () => postSend(gateway, await gateway.createSession());
    await expect.poll(async () => (await send()).status, { timeout: 20_000 }).toBe(503);
  });

  test('is not reached by having much to do, where all others get their turn', async () => {
    await using gateway = await startTestGateway({ settings: { MAX_EVENT_LOOP_DELAY_MS: '200' } });
    const before = performance.eventLoopUtilization();
    using _ = keepBusy(() => block(1));
    const busyMs = () => performance.eventLoopUtilization(before).active;
    while (busyMs() < 8_000) {
      expect((await postSend(gateway, await gateway.createSession())).status).toBe(200);
    }
  });

  test('is not reached by being late once, as when something is loaded', async () => {
    await using gateway = await startTestGateway({ settings: { MAX_EVENT_LOOP_DELAY_MS: '200' } });
    const sessionId = await gateway.createSession();
    block(1_500);
    await gateway.send({ sessionId, prompt: 'Hi' });
  });

  test('of 0 refuses none', async () => {
    await using gateway = await startTestGateway({ settings: { MAX_EVENT_LOOP_DELAY_MS: '0' } });
    const sessionId = await gateway.createSession();
    const tooMuch = setInterval(() => block(300), 1);
    await gateway.send({ sessionId, prompt: 'Hi', onBusy: 'ENQUEUE' });
    await gateway.send({ sessionId, prompt: 'Hi', onBusy: 'ENQUEUE' });
    clearInterval(tooMuch);
  });
});
