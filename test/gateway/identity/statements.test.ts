import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiTokens } from '../../../src/identity/api-tokens.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { createStatementLog, type StatementLog } from '../../support/gateway/query-count.ts';
import { globalId, seed } from '../schema/seed.ts';

let open: TestGateway;
let guarded: TestGateway;
const logs = new Map<TestGateway, StatementLog>();
beforeAll(async () => {
  open = await startTestGateway();
  guarded = await startTestGateway({ settings: jwtSettings });
  for (const gateway of [open, guarded]) logs.set(gateway, createStatementLog(gateway.services));
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
});

async function count(gateway: TestGateway, query: string, variables: object): Promise<number> {
  const alice = gateway.as(await signJwt({ sub: 'alice' }));
  const asked = () => alice.query(query, { ...variables });
  // The quotas of a user are read once, at the first change.
  await asked();
  return (await logs.get(gateway)?.during(asked))?.length ?? 0;
}

const nodes =
  'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Session { title } ... on Message { content } ... on Run { status } } }';
const list = '{ sessions(first: 100) { edges { node { id lastMessage { content } lastRun { status } } } } }';
const one =
  'query ($id: ID!) { session(id: $id) { messages { edges { node { run { session { id } } } } } } }';
const change = 'mutation ($id: ID!) { updateSession(id: $id, input: { title: "Trip" }) { id } }';

describe('what identity costs in SQL statements', () => {
  test('looking up the owners of many ids takes one SQL statement for each type', async () => {
    const idsOf = async (gateway: TestGateway, sessions: number) => {
      const rows = await seed(gateway.services.database, { sessions, turns: 1 });
      return (['Session', 'Message', 'Run'] as const).flatMap((type) => rows.map((id) => globalId(type, id)));
    };
    const few = await count(guarded, nodes, { ids: await idsOf(guarded, 3) });
    expect(await count(guarded, nodes, { ids: await idsOf(guarded, 30) })).toBe(few);
    // An admin's look-up leaves out what was deleted.
    expect(await count(open, nodes, { ids: await idsOf(open, 3) })).toBe(few);
  });

  test.each([
    ['a list', 0, list],
    ['a session with its messages', 0, one],
    ['a change', 1, change],
  ])('checking who may use %s takes %d SQL statements', async (_what, cost, query) => {
    const [inOpen = 0] = await seed(open.services.database, { sessions: 3, turns: 2 });
    const [inGuarded = 0] = await seed(guarded.services.database, { sessions: 3, turns: 2 });
    const without = await count(open, query, { id: globalId('Session', inOpen) });
    expect(await count(guarded, query, { id: globalId('Session', inGuarded) })).toBe(without + cost);
  });
});

describe('a token', () => {
  test.each([
    ['/graphql', { query: '{ viewer { userId } }' }, 'application/json'],
    ['/graphql/stream', { query: '{ viewer { userId } }' }, 'text/event-stream'],
    ['/api/v1/sessions/', {}, 'application/json'],
  ])('the token of a request to %s is looked up once', async (path, body, accept) => {
    await using gateway = await startTestGateway({ settings: { AUTH: 'token' } });
    const { token } = await new ApiTokens({ ...gateway.services, log: pino({ level: 'silent' }) }).create({
      userId: 'alice',
      name: 'laptop',
      isAdmin: false,
      expiresAt: null,
    });
    const statements = await createStatementLog(gateway.services).during(async () => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept };
      const response = await fetch(gateway.url + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(response.ok).toBe(true);
      await response.text();
    });
    const lookups = statements.filter(({ sql }) => /^SELECT .*ApiToken/s.test(sql));
    expect(lookups).toHaveLength(1);
  });
});
