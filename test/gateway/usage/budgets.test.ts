import { describe, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { partsOf, TestChat } from '../../support/gateway/ai-sdk-chat.ts';
import { chat, collect, follow, until } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { openAiClient, scripted } from '../../support/gateway/openai-client.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { text, toolCall, usage } from '../../support/model/turn.ts';

/** A token costs one euro, and an answer of the scripted model fifteen. */
const settings = {
  ...jwtSettings,
  MODEL_PRICES: '{"openai-compatible/scripted":{"input":1000000,"output":1000000}}',
  PRICE_CURRENCY: 'EUR',
  MAX_COST_PER_USER_PER_DAY: '20',
};
const tools = createTools({ look: () => 'seen' });
const shared = shareScriptedGateway({ settings, tools });

const as = async (sub: string, gateway: GatewayApi = shared()) => gateway.as(await signJwt({ sub }));

async function setBudget(userId: string, perDay: string | null, gateway: GatewayApi = shared()) {
  const root = gateway.as(await adminJwt('root'));
  const set = `mutation ($userId: String!, $perDay: String) {
    setUserBudget(userId: $userId, perDay: $perDay) { name limit { amount currency } spent { amount } } }`;
  return (await root.query(set, { userId, perDay })).setUserBudget;
}

const stateOf = 'query ($id: ID!) { session(id: $id) { status lastRun { status pausedUntil } } }';

/** Sends prompts until the budget of a user is used up, and returns the session. */
async function useUp(user: GatewayApi): Promise<string> {
  const sessionId = await user.createSession();
  shared().model.script([text('One.')], [text('Two.')]);
  for (const prompt of ['1', '2']) await collect(chat(user.client(), { sessionId, prompt }));
  return sessionId;
}

const nextDay = () => new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString();

describe('a run whose user has used up a budget', () => {
  test('waits before its request to the model, says why and until when, and goes on when the budget is raised', async () => {
    const alice = await as('alice');
    const sessionId = await useUp(alice);
    const asked = shared().model.requests.length;
    shared().model.script([text('Three.')]);
    const seen = [];
    for await (const event of chat(alice.client(), { sessionId, prompt: '3' })) {
      seen.push(event);
      if (event.__typename !== 'RunPaused') continue;
      expect(event).toMatchObject({ limit: 'MAX_COST_PER_USER_PER_DAY', until: nextDay() });
      expect(event['reason']).toContain('30 of 20 EUR are spent');
      expect(shared().model.requests).toHaveLength(asked);
      expect((await alice.query(stateOf, { id: sessionId })).session).toEqual({
        status: 'WAITING',
        lastRun: { status: 'RUNNING', pausedUntil: nextDay() },
      });
      expect(await setBudget('alice', '45.5')).toEqual([
        {
          name: 'MAX_COST_PER_USER_PER_DAY',
          limit: { amount: '45.5', currency: 'EUR' },
          spent: { amount: '30' },
        },
      ]);
    }
    expect(seen.map(({ __typename }) => __typename)).toEqual([
      'RunStarted',
      'RunPaused',
      'RunContinued',
      'TextDelta',
      'UsageReported',
      'RunCompleted',
    ]);
    expect((await alice.query(stateOf, { id: sessionId })).session).toEqual({
      status: 'IDLE',
      lastRun: { status: 'COMPLETED', pausedUntil: null },
    });
    expect(
      (await alice.query('{ budgets { name limit { amount } spent { amount } resetsAt } }')).budgets,
    ).toEqual([
      {
        name: 'MAX_COST_PER_USER_PER_DAY',
        limit: { amount: '45.5' },
        spent: { amount: '45' },
        resetsAt: nextDay(),
      },
    ]);
  });

  test('waits between two steps, too, and can be cancelled', async () => {
    const bob = await as('bob');
    shared().model.script([toolCall('c', 'look', {}), usage({ input: 20, output: 2 })]);
    const sessionId = await bob.createSession();
    const seen = [];
    for await (const event of chat(bob.client(), { sessionId, prompt: 'Look' })) {
      seen.push(event.__typename);
      if (event.__typename !== 'RunPaused') continue;
      expect(seen).toContain('ToolCallFinished');
      const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }';
      expect((await bob.query(cancel, { id: event.runId })).cancelRun).toEqual({ cancelled: true });
    }
    expect(seen.slice(-2)).toEqual(['RunPaused', 'RunCancelled']);
    expect((await bob.query(stateOf, { id: sessionId })).session).toEqual({
      status: 'IDLE',
      lastRun: { status: 'CANCELLED', pausedUntil: null },
    });
  });

  test('does not wait for a model that has no price, nor stop other users', async () => {
    const carol = await as('carol');
    const sessionId = await useUp(carol);
    shared().model.script([text('Free.')], [text('Hi, dave.')]);
    const free = await collect(chat(carol.client(), { sessionId, prompt: 'Hi', modelName: 'free' }));
    expect(free.at(-1)?.__typename).toBe('RunCompleted');
    const dave = await as('dave');
    const other = await collect(chat(dave.client(), { sessionId: await dave.createSession(), prompt: 'Hi' }));
    expect(other.at(-1)?.__typename).toBe('RunCompleted');
  });

  test('is told of in REST, as a status', async () => {
    await setBudget('erin', '0');
    const token = await signJwt({ sub: 'erin' });
    const id = decodeId(await (await as('erin')).createSession())?.id;
    const response = await fetch(`${shared().url}/api/v1/sessions/${id}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'Hi' }),
    });
    let body = '';
    for await (const piece of response.body ?? []) {
      body += Buffer.from(piece).toString();
      if (body.includes('"paused"')) break;
    }
    const frame = /data: (.*"paused".*)/.exec(body)?.[1] ?? '';
    expect(JSON.parse(frame)).toEqual({
      type: 'status',
      status: 'paused',
      limit: 'MAX_COST_PER_USER_PER_DAY',
      content: expect.stringContaining('0 of 0 EUR are spent'),
      until: nextDay(),
    });
  });

  test('is told of to a client of the AI SDK, in a data part that says when it is over', async () => {
    await setBudget('nora', '0');
    shared().model.script([text('At last.')]);
    const chat = new TestChat(shared(), { token: await signJwt({ sub: 'nora' }) });
    const sent = chat.sendMessage({ text: 'Hi' });
    const paused = () => chat.lastMessage?.parts.find(({ type }) => type === 'data-paused');
    await expect.poll(paused).toMatchObject({
      data: {
        limit: 'MAX_COST_PER_USER_PER_DAY',
        reason: expect.stringContaining('0 of 0 EUR are spent'),
        until: nextDay(),
        isOver: false,
      },
    });
    await setBudget('nora', '100');
    await sent;
    expect(paused()).toMatchObject({ data: { isOver: true } });
    expect(partsOf(chat.lastMessage)).toContain('text: At last.');
  });

  test('only an admin sets budgets, and only as an amount', async () => {
    const set = 'mutation ($perDay: String) { setUserBudget(userId: "bob", perDay: $perDay) { name } }';
    await expect((await as('bob')).query(set, { perDay: '1' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const root = shared().as(await adminJwt('root'));
    for (const perDay of ['-1', '1e3', '1.1234567', '', 'NaN']) {
      await expect(root.query(set, { perDay })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'perDay',
      });
    }
  });
});

test('a run that waits for a budget goes on waiting at the next start, and then answers', async () => {
  await using folder = await openMigratedFolder();
  const own = { ...settings, DATA_DIR: folder.path, MAX_COST_PER_USER_PER_DAY: '0' };
  const first = await startScriptedGateway({ settings: own });
  const alice = await as('alice', first);
  const sessionId = await alice.createSession();
  const paused = (await until(chat(alice.client(), { sessionId, prompt: 'Hi' }), 'RunPaused')).at(-1);
  await first[Symbol.asyncDispose]();
  expect(first.model.requests).toEqual([]);

  await using next = await startScriptedGateway({ settings: own });
  next.model.script([text('Hi, alice.')]);
  const again = await as('alice', next);
  const seen = [];
  for await (const event of follow(again.client(), paused?.runId ?? '', paused?.seq)) {
    seen.push(event.__typename);
    if (event.__typename === 'RunPaused') await setBudget('alice', '100', next);
  }
  expect(seen).toEqual([
    'HistoryGap',
    'RunResumed',
    'RunPaused',
    'RunContinued',
    'TextDelta',
    'UsageReported',
    'RunCompleted',
  ]);
});

test('a budget for all users together stops each of them', async () => {
  const { MAX_COST_PER_USER_PER_DAY: _, ...others } = settings;
  await using gateway = await startScriptedGateway({
    settings: { ...others, MAX_COST_PER_MONTH: '15', SESSION_TITLES: 'model' },
  });
  gateway.model.script([text('Hi, alice.')]);
  const alice = await as('alice', gateway);
  await setBudget('alice', '15', gateway);
  await collect(chat(alice.client(), { sessionId: await alice.createSession(), prompt: 'Hi' }));
  const bob = await as('bob', gateway);
  const budgets = '{ budgets { name spent { amount } } }';
  // The sum of all users is read at intervals.
  await expect
    .poll(async () => (await bob.query(budgets)).budgets, { timeout: 15_000 })
    .toEqual([{ name: 'MAX_COST_PER_MONTH', spent: { amount: '15' } }]);
  const seen = await until(
    chat(bob.client(), { sessionId: await bob.createSession(), prompt: 'Hi' }),
    'RunPaused',
  );
  expect(seen.at(-1)).toMatchObject({ limit: 'MAX_COST_PER_MONTH' });
  expect(seen.at(-1)?.['reason']).toContain('15 of 15 EUR are spent');
  // No model was asked for a title.
  expect(gateway.model.requests).toHaveLength(1);
});

test.each([false, true])(
  'a run that waits for a budget is cancelled where a client of OpenAI waits for it, which gets 429 (streamed: %s)',
  async (stream) => {
    const token = await signJwt({ sub: `otto-${stream}` });
    const otto = shared().as(token);
    await useUp(otto);
    const asked = shared().model.requests.length;
    const client = openAiClient(shared(), token);
    const messages = [{ role: 'user' as const, content: '3' }];
    const answer = async () => {
      const response = await client.chat.completions.create({ model: scripted, messages, stream });
      if ('controller' in response) for await (const _chunk of response);
    };
    await expect(answer()).rejects.toMatchObject({
      code: 'insufficient_quota',
      message: expect.stringContaining('MAX_COST_PER_USER_PER_DAY is used up until'),
    });
    expect(shared().model.requests).toHaveLength(asked);
    const runs = '{ sessions(first: 1) { edges { node { lastRun { status } } } } }';
    await expect
      .poll(async () => (await otto.query(runs)).sessions.edges[0].node.lastRun)
      .toEqual({ status: 'CANCELLED' });
  },
);
