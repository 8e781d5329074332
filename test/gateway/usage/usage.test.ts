import { expect, test } from 'vitest';
import { dayOf } from '../../../src/chat/usage/usage-report.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { createStatementLog } from '../../support/gateway/query-count.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { status, text, usage } from '../../support/model/turn.ts';

const prices = JSON.stringify({
  'openai-compatible/scripted': { input: 2.5, cachedInput: '0.25', output: 10 },
});
const shared = shareScriptedGateway({
  settings: { ...jwtSettings, MODEL_PRICES: prices, PRICE_CURRENCY: 'EUR', MODEL_MAX_RETRIES: '0' },
});

const as = async (sub: string) => shared().as(await signJwt({ sub }));
const admin = async () => shared().as(await adminJwt('root'));

/** Lets a user send a prompt whose answer takes these tokens. */
async function spend(
  user: GatewayApi,
  tokens: Parameters<typeof usage>[0],
  session: object = {},
): Promise<string> {
  shared().model.script([text('Done.'), usage(tokens)]);
  const sessionId = await user.createSession({ ...session });
  await collect(chat(user.client(), { sessionId, prompt: 'Go' }));
  return sessionId;
}

const fields =
  'day providerName modelName featureName userId runs inputTokens outputTokens reasoningTokens cacheReadInputTokens cacheWriteInputTokens totalTokens measured cost { amount currency } unpricedTokens';
const query = `query ($by: UsageBy!, $userId: String, $from: Date, $to: Date) { usage(by: $by, userId: $userId, from: $from, to: $to) { ${fields} } }`;

async function usageOf(user: GatewayApi, variables: object) {
  return (await user.query(query, { ...variables })).usage;
}

const today = () => dayOf(new Date());

test('a user sees what they have used, with its exact cost, also in a session that was deleted', async () => {
  const alice = await as('alice');
  await spend(alice, { input: 1_000, output: 7, cached: 900, reasoning: 3 }, { featureName: 'notes' });
  const gone = await spend(alice, { input: 11, output: 1 });
  await alice.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id: gone });
  await expect.poll(() => shared().services.database.session.count({ where: { userId: 'alice' } })).toBe(1);
  const row = {
    ...{ day: null, providerName: null, modelName: null, featureName: null, userId: null },
    ...{ runs: 2, inputTokens: 1_011, outputTokens: 8, reasoningTokens: 3, cacheReadInputTokens: 900 },
    ...{ cacheWriteInputTokens: 0, totalTokens: 1_019, measured: true, unpricedTokens: 0 },
    // 111 * 2.5 + 900 * 0.25 + 8 * 10 for a million.
    cost: { amount: '0.0005825', currency: 'EUR' },
  };
  expect(await usageOf(alice, { by: 'DAY' })).toEqual([{ ...row, day: today() }]);
  expect(await usageOf(alice, { by: 'USER' })).toEqual([{ ...row, userId: 'alice' }]);
  const model = { providerName: 'openai-compatible', modelName: 'scripted' };
  expect(await usageOf(alice, { by: 'MODEL' })).toEqual([{ ...row, ...model }]);
  expect(await usageOf(alice, { by: 'FEATURE' })).toMatchObject([
    { featureName: 'notes', totalTokens: 1_007 },
    { featureName: 'default', totalTokens: 12, runs: 1 },
  ]);
  expect(await usageOf(alice, { by: 'DAY', from: '2020-01-01', to: '2020-12-31' })).toEqual([]);
});

test('a model without a price has no cost, and its tokens are named', async () => {
  const bob = await as('bob');
  await spend(bob, { input: 10, output: 5 });
  await spend(bob, { input: 20, output: 5 }, { modelName: 'unknown' });
  expect(await usageOf(bob, { by: 'DAY' })).toMatchObject([
    { totalTokens: 40, unpricedTokens: 25, cost: { amount: '0.000075' } },
  ]);
  expect(await usageOf(bob, { by: 'MODEL' })).toMatchObject([
    { modelName: 'unknown', cost: null, unpricedTokens: 25 },
    { modelName: 'scripted', cost: { amount: '0.000075' }, unpricedTokens: 0 },
  ]);
  const sessions =
    '{ sessions { edges { node { modelName tokenUsage { cost { amount } } lastRun { usage { cacheReadInputTokens cachedInputTokens cost { amount } } } } } } }';
  const { edges } = (await bob.query(sessions)).sessions;
  const none = { cacheReadInputTokens: 0, cachedInputTokens: 0, cost: null };
  expect(edges.map(({ node }: { node: unknown }) => node)).toEqual([
    { modelName: 'unknown', tokenUsage: { cost: null }, lastRun: { usage: none } },
    {
      modelName: null,
      tokenUsage: { cost: { amount: '0.000075' } },
      lastRun: { usage: { ...none, cost: { amount: '0.000075' } } },
    },
  ]);
});

test('only an admin sees the usage of others, and sees all of them', async () => {
  const carol = await as('carol');
  await spend(carol, { input: 4_000_000, output: 1 });
  const dave = await as('dave');
  await expect(dave.query(query, { by: 'DAY', userId: 'carol' })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  expect(await usageOf(dave, { by: 'USER' })).toEqual([]);
  const all = await usageOf(await admin(), { by: 'USER' });
  expect(all[0]).toMatchObject({ userId: 'carol', totalTokens: 4_000_001, cost: { amount: '10.00001' } });
  expect(await usageOf(await admin(), { by: 'USER', userId: 'carol' })).toEqual(all.slice(0, 1));
});

test('a run that failed counts what it used, and one that used nothing is not counted', async () => {
  const erin = await as('erin');
  shared().model.script([status(400, { error: { message: 'no' } })]);
  await collect(chat(erin.client(), { sessionId: await erin.createSession(), prompt: 'Go' }));
  expect(await usageOf(erin, { by: 'DAY' })).toEqual([]);
});

test.each([
  ['a first day behind the last', { from: '2026-02-02', to: '2026-02-01' }],
  ['more than 366 days', { from: '2025-01-01', to: '2026-01-02' }],
])('%s is refused', async (_what, range) => {
  const refused = { code: 'BAD_USER_INPUT', field: 'from' };
  await expect((await as('alice')).query(query, { by: 'DAY', ...range })).rejects.toMatchObject(refused);
});

test('a day that is not in the calendar is refused', async () => {
  const asked = (await as('alice')).query(query, { by: 'DAY', from: '2026-02-30' });
  await expect(asked).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('a report takes one statement, however many days and users it adds up', async () => {
  const gateway = shared();
  const rows = Array.from({ length: 1_100 }, (_, index) => ({
    userId: `user-${index % 1_050}`,
    day: index < 1_050 ? '2024-05-01' : '2024-05-02',
    featureName: 'default',
    ...{ providerName: 'demo', modelName: 'demo-1', runs: 2, inputTokens: index + 1 },
  }));
  await gateway.services.database.dailyUsage.createMany({ data: rows });
  const log = createStatementLog(gateway.services);
  const root = await admin();
  const range = { from: '2024-05-01', to: '2024-05-31' };
  await usageOf(root, { by: 'USER', ...range });
  const seen: Record<string, number> = {};
  for (const by of ['DAY', 'MODEL', 'FEATURE', 'USER']) {
    const statements = await log.during(async () => {
      seen[by] = (await usageOf(root, { by, ...range })).length;
    });
    expect(statements.filter(({ sql }) => sql.includes('DailyUsage'))).toHaveLength(1);
    expect(statements).toHaveLength(1);
  }
  expect(seen).toEqual({ DAY: 2, MODEL: 1, FEATURE: 1, USER: 1_000 });
});
