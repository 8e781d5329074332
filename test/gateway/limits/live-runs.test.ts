import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { chat, collect, follow } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { silence, text } from '../../support/model/turn.ts';

/** Its model begins each answer and does not end it, so that a run is live until it is cancelled. */
let gateway: ScriptedGateway;
beforeAll(async () => {
  const settings = { MAX_LIVE_RUNS: '3', MAX_LIVE_RUNS_PER_USER: '2', MAX_EVENT_LOOP_DELAY_MS: '0' };
  gateway = await startScriptedGateway({ settings });
  gateway.model.otherwise(() => [text('Well, '), silence()]);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Sessions of this test; their runs are cancelled at its end. */
const sessions: string[] = [];
afterEach(async () => {
  for (const sessionId of sessions.splice(0)) await cancel(sessionId);
});

async function createSession(userId: string): Promise<string> {
  const sessionId = await gateway.createSession({ userId });
  sessions.push(sessionId);
  return sessionId;
}

function createSessions(userId: string, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => createSession(userId)));
}

/** Starts three live runs of three users; returns the sessions. */
async function takeAllSlots(): Promise<string[]> {
  const taken = await Promise.all(['carol', 'dave', 'erin'].map(createSession));
  for (const sessionId of taken) await gateway.send({ sessionId, prompt: 'Hi' });
  return taken;
}

async function cancel(sessionId: string): Promise<void> {
  const document = 'mutation ($id: ID!) { cancelRun(input: { sessionId: $id }) { cancelled } }';
  await gateway.query(document, { id: sessionId });
}

const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id status } }';

/** Sends a prompt to each session at the same time. */
function sendToAll(ids: string[]): Promise<GraphQLAnswer[]> {
  return Promise.all(ids.map((sessionId) => gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } })));
}

function postSend({ url }: TestGateway, sessionId: string): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: send, variables: { input: { sessionId, prompt: 'Hi' } } }),
  });
}

function codesOf(answers: GraphQLAnswer[]): string[] {
  return answers.map(({ errors }) => String(errors?.[0]?.extensions['code'] ?? 'ok')).toSorted();
}

test('MAX_LIVE_RUNS is never exceeded when many prompts come at once, and a refused prompt stores nothing', async () => {
  const users = Array.from({ length: 10 }, (_, n) => `user ${n}`);
  const ids = await Promise.all(users.map(createSession));

  const answers = await sendToAll(ids);

  expect(codesOf(answers)).toEqual([...Array(7).fill('OVERLOADED'), ...Array(3).fill('ok')]);
  const refused = answers.find(({ errors }) => errors);
  expect(refused?.errors?.[0]).toMatchObject({
    message: 'The gateway is answering 3 prompts already; try again in a moment.',
    extensions: { code: 'OVERLOADED', limit: 'MAX_LIVE_RUNS', retryAfter: 1 },
  });
  const { database } = gateway.services;
  expect(await database.run.count({ where: { status: 'RUNNING' } })).toBe(3);
  const sessionIds = ids.map((id) => Number(decodeId(id)?.id));
  expect(await database.message.count({ where: { sessionId: { in: sessionIds } } })).toBe(6);
});

test('MAX_LIVE_RUNS: a prompt is accepted again after a live run has ended', async () => {
  const [first = ''] = await takeAllSlots();
  const sessionId = await createSession('alice');
  await expect(gateway.send({ sessionId, prompt: 'Hi' })).rejects.toMatchObject({ code: 'OVERLOADED' });

  await cancel(first);

  await gateway.send({ sessionId, prompt: 'Hi' });
});

test('MAX_LIVE_RUNS counts no queued run, and a repeated request gets the live run that it started', async () => {
  await takeAllSlots().then(([first = '']) => cancel(first));
  gateway.model.script([text('One'), silence()], [text('Two')]);
  const sessionId = await createSession('alice');
  const first = await gateway.send({ sessionId, prompt: 'Hi', requestId: 'r1' });

  const queued = await gateway.send({ sessionId, prompt: 'And then?', onBusy: 'ENQUEUE' });
  expect(await gateway.send({ sessionId, prompt: 'Hi', requestId: 'r1' })).toBe(first);
  await expect(gateway.send({ sessionId, prompt: 'Hi' })).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' });

  await gateway.query('mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }', {
    id: first,
  });
  const seen = await collect(follow(gateway.client(), queued));
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Two' } });
});

test('MAX_LIVE_RUNS: a refused prompt gets 503 with Retry-After over GraphQL, REST and graphql-sse', async () => {
  await takeAllSlots();
  const sessionId = await createSession('alice');

  const overGraphQL = await postSend(gateway, sessionId);
  expect([overGraphQL.status, overGraphQL.headers.get('retry-after')]).toEqual([503, '1']);
  expect((await overGraphQL.json()).errors[0].extensions).toEqual({
    code: 'OVERLOADED',
    limit: 'MAX_LIVE_RUNS',
    retryAfter: 1,
  });

  const overRest = await gateway.rest(`/sessions/${decodeId(sessionId)?.id}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'Hi' }),
  });
  expect([overRest.status, overRest.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await overRest.json()).toEqual({ detail: expect.stringMatching(/^The gateway is answering 3 /) });

  await expect(collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }))).rejects.toMatchObject({
    code: 'OVERLOADED',
    retryAfter: 1,
  });
});

test('MAX_LIVE_RUNS_PER_USER limits the live runs of alice, and not those of bob', async () => {
  const ids = await createSessions('alice', 5);
  const bobs = await createSession('bob');

  const answers = await sendToAll(ids);

  expect(codesOf(answers)).toEqual([...Array(3).fill('RATE_LIMITED'), ...Array(2).fill('ok')]);
  expect(answers.find(({ errors }) => errors)?.errors?.[0]?.extensions).toMatchObject({
    limit: 'MAX_LIVE_RUNS_PER_USER',
  });
  await gateway.send({ sessionId: bobs, prompt: 'Hi' });
  await Promise.all(ids.map(cancel));
  await gateway.send({ sessionId: ids[0], prompt: 'Hi' });
});

/** Blocks the event loop, which the gateway and the test share. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('MAX_EVENT_LOOP_DELAY_MS: prompts are refused while the gateway is overloaded, and live runs finish; 0 refuses no prompt', async () => {
  await using busy = await startTestGateway({
    settings: { MAX_EVENT_LOOP_DELAY_MS: '30', DEMO_DELAY_MS: '5' },
  });
  const idle = await Promise.all(Array.from({ length: 40 }, () => busy.createSession()));
  const sessionId = await busy.createSession();
  const ofGatewayWithoutLimit = await createSession('alice');
  const liveRun = await busy.send({ sessionId, prompt: 'Write 100 words.' });

  const overload = setInterval(() => block(100), 1);
  // Prompts are accepted until the gateway has been overloaded for most of the last seconds.
  const send = async () => postSend(busy, idle.pop() ?? (await busy.createSession()));
  await expect.poll(async () => (await send()).status, { timeout: 20_000 }).toBe(503);
  const refused = await send();
  // The gateway without this limit shares the event loop, so it is overloaded as much.
  await gateway.send({ sessionId: ofGatewayWithoutLimit, prompt: 'Hi' });
  clearInterval(overload);

  expect(refused.headers.get('retry-after')).toBe('2');
  expect((await refused.json()).errors[0]).toMatchObject({
    extensions: { code: 'OVERLOADED', limit: 'MAX_EVENT_LOOP_DELAY_MS' },
  });
  expect((await collect(follow(busy.client(), liveRun))).at(-1)?.__typename).toBe('RunCompleted');
  await expect.poll(async () => (await send()).status, { timeout: 20_000 }).toBe(200);
});
