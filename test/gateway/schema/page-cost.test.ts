import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countTags } from '../../../src/storage/statements/tag-counts.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { createStatementLog, type Statement, type StatementLog } from '../../support/gateway/query-count.ts';
import { queryPlan } from '../../support/gateway/query-plan.ts';
import { globalId, seed, seedMessages } from './seed.ts';

let gateway: TestGateway;
let log: StatementLog;

beforeAll(async () => {
  gateway = await startTestGateway();
  log = createStatementLog(gateway.services);
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function statementsOf(query: string, variables: Record<string, unknown>): Promise<Statement[]> {
  return log.during(async () => {
    const { errors } = await gateway.graphql(query, variables);
    expect(errors).toBeUndefined();
  });
}

async function plansOf(statements: Statement[]): Promise<string[][]> {
  const plans: string[][] = [];
  for (const statement of statements) plans.push(await queryPlan(gateway.services.database, statement));
  return plans;
}

const page = `query ($id: ID!, $before: String) {
  session(id: $id) {
    messages(last: 20, before: $before) { edges { cursor node { content } } pageInfo { hasPreviousPage } }
  }
}`;

describe('a page of messages', () => {
  test('a page of messages takes the same index searches among 100 messages and among 100,000', async () => {
    const { database } = gateway.services;
    const [few = 0, many = 0] = await seed(database, { sessions: 2 });
    await seedMessages(database, few, 100);
    await seedMessages(database, many, 100_000);
    const middle = await gateway.graphql(page, { id: globalId('Session', many) });
    const before = middle.data.session.messages.edges[0].cursor;

    const amongFew = await statementsOf(page, { id: globalId('Session', few) });
    const amongMany = await statementsOf(page, { id: globalId('Session', many) });
    const further = await statementsOf(page, { id: globalId('Session', many), before });

    expect(amongMany.map(({ sql }) => sql)).toEqual(amongFew.map(({ sql }) => sql));
    expect(further.map(({ sql }) => sql)).toEqual(amongFew.map(({ sql }) => sql));
    expect(await plansOf(amongMany)).toMatchInlineSnapshot(`
      [
        [
          "SEARCH Session USING INTEGER PRIMARY KEY (rowid=?)",
        ],
        [
          "MATERIALIZE asked",
          "SEARCH Session USING INTEGER PRIMARY KEY (rowid=?)",
          "LIST SUBQUERY 1",
          "SCAN json_each VIRTUAL TABLE INDEX 1:",
          "CORRELATED SCALAR SUBQUERY 3",
          "SEARCH line USING COVERING INDEX MessageLine_sessionId_firstId_idx (sessionId=? AND firstId>? AND firstId<?)",
          "SCAN asked",
          "SEARCH Message USING INTEGER PRIMARY KEY (rowid=?)",
          "CORRELATED LIST SUBQUERY 5",
          "SEARCH row USING COVERING INDEX Message_sessionId_id_idx (sessionId=? AND id>? AND id<?)",
        ],
        [
          "SEARCH Message USING INTEGER PRIMARY KEY (rowid=?)",
          "LIST SUBQUERY 1",
          "SCAN json_each VIRTUAL TABLE INDEX 1:",
        ],
      ]
    `);
    expect(await plansOf(further)).toEqual(await plansOf(amongMany));
  });

  test('pages of messages below a list of sessions read the rows that they show, and one more for each session', async () => {
    const { database } = gateway.services;
    await seed(database, { sessions: 50, userId: 'bob', turns: 25 });
    const statements = await statementsOf(
      'query ($userId: String) { sessions(userId: $userId, first: 50) { edges { node { messages(first: 2) { edges { node { content } } pageInfo { hasNextPage } } } } } }',
      { userId: 'bob' },
    );

    const rows: number[] = [];
    for (const { sql, params } of statements) {
      rows.push((await database.$queryRawUnsafe<unknown[]>(sql, ...params)).length);
    }
    expect(rows).toEqual([50, 50 * 3, 50 * 3]);
  });
});

describe('a search', () => {
  test.each(['nowhere', '\u8A9E'])(
    'a search for "%s" takes as many statements among 12,000 titles as among 300',
    async (search) => {
      const { database } = gateway.services;
      const statements: number[] = [];
      for (const [userId, count] of [
        ['dana', 300],
        ['eve', 12_000],
      ] as const) {
        await database.$executeRaw`INSERT INTO "Session" ("userId", "title", "updatedAt")
        WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${count})
        SELECT ${userId}, 'Chat ' || number, '2026-01-31T12:00:00.000+00:00' FROM counter`;
        const query =
          'query ($userId: String, $search: String) { sessions(userId: $userId, search: $search) { edges { node { id } } } }';
        const sent = await statementsOf(query, { userId, search });
        statements.push(sent.length);
        expect((await plansOf(sent)).flat().join('\n')).not.toMatch(/SCAN (main\.)?Session\b(?!Title)/);
      }
      expect(statements[1]).toBe(statements[0]);
    },
  );
});

describe('a page of sessions by last activity', () => {
  /** Every ten sessions have the same last activity, a second after the ten before. Prisma would take a minute. */
  const seedSessions = (userId: string, sessions: number) => gateway.services.database.$executeRaw`
    INSERT INTO "Session" ("userId", "title", "updatedAt", "lastActivityAt")
    WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${sessions})
    SELECT ${userId}, 'Chat ' || number, '2026-01-31T12:00:00.000+00:00',
      strftime('%Y-%m-%dT%H:%M:%S.000+00:00', 1700000000 + number / 10, 'unixepoch') FROM counter`;

  const byActivity = `query ($userId: String, $after: String) {
    sessions(userId: $userId, orderBy: LAST_ACTIVITY, first: 20, after: $after) {
      edges { cursor node { preview } }
    }
  }`;

  test('a page of sessions by last activity takes the same index searches among 100 sessions and among 100,000', async () => {
    await seedSessions('few', 100);
    await seedSessions('many', 100_000);
    const first = await gateway.graphql(byActivity, { userId: 'many' });
    const after = first.data.sessions.edges[19].cursor;

    const amongFew = await statementsOf(byActivity, { userId: 'few' });
    const amongMany = await statementsOf(byActivity, { userId: 'many' });
    const further = await statementsOf(byActivity, { userId: 'many', after });

    expect(amongMany.map(({ sql }) => sql)).toEqual(amongFew.map(({ sql }) => sql));
    expect(further.map(({ sql }) => sql)).toEqual(amongFew.map(({ sql }) => sql));
    const plans = await plansOf(amongMany);
    expect(plans.slice(0, 2)).toMatchInlineSnapshot(`
      [
        [
          "SEARCH Session USING INDEX Session_userId_lastActivityAt_id_idx (userId=? AND lastActivityAt>? AND lastActivityAt<?)",
        ],
        [
          "MATERIALIZE asked",
          "SEARCH Session USING INTEGER PRIMARY KEY (rowid=?)",
          "LIST SUBQUERY 1",
          "SCAN json_each VIRTUAL TABLE INDEX 1:",
          "CORRELATED SCALAR SUBQUERY 3",
          "SEARCH line USING COVERING INDEX MessageLine_sessionId_firstId_idx (sessionId=? AND firstId>? AND firstId<?)",
          "SCAN asked",
          "CORRELATED SCALAR SUBQUERY 8",
          "SEARCH Message USING INTEGER PRIMARY KEY (rowid=?)",
          "CORRELATED SCALAR SUBQUERY 6",
          "SEARCH MessageLine USING INTEGER PRIMARY KEY (rowid=?)",
          "CORRELATED SCALAR SUBQUERY 7",
          "SEARCH row USING COVERING INDEX Message_sessionId_id_idx (sessionId=? AND id>? AND id<?)",
          "CORRELATED SCALAR SUBQUERY 5",
          "SEARCH Attachment USING INDEX Attachment_messageId_position_idx (messageId=?)",
        ],
      ]
    `);
    expect(await plansOf(further)).toEqual(plans);
  });

  test.each([
    ['archived: false', 'Session_userId_isArchived_'],
    ['archived: true', 'Session_userId_isArchived_'],
    ['tag: "rare"', 'SessionTag_userId_tag_isArchived_'],
    ['pinned: true', 'SessionTag_userId_tag_isArchived_'],
  ])('a page of sessions that are "%s" lies together in an index', async (filter, index) => {
    for (const [order, columns] of [
      ['CREATED', '(id|sessionId)'],
      ['LAST_ACTIVITY', 'lastActivityAt_(id|sessionId)'],
    ]) {
      const query = `query ($userId: String) { sessions(userId: $userId, ${filter}, orderBy: ${order}) { edges { node { title } } } }`;
      const [plan] = await plansOf(await statementsOf(query, { userId: 'few' }));
      expect(plan).toEqual([expect.stringMatching(new RegExp(`INDEX ${index}${columns}_idx`))]);
    }
  });
});

test('the tags of many sessions are found by jumps in the index, with as many steps as those of a few', async () => {
  const { database } = gateway.services;
  for (const [userId, sessions] of [
    ['tagged few', 200],
    ['tagged many', 100_000],
  ] as const)
    await database.$executeRaw`
      INSERT INTO "Session" ("userId", "title", "updatedAt", "tags")
      WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${sessions})
      SELECT ${userId}, 'Chat', '2026-01-31T12:00:00.000+00:00', json_array('common', 'tag ' || (number % 9)) FROM counter`;
  const tags = '{ viewer { tags { tag sessionCount archivedSessionCount } } }';
  const [all, ...more] = await statementsOf(tags, {});
  expect(more).toEqual([]);
  if (all === undefined) throw new Error('No statement was made.');
  const ofUser = countTags({ userId: '', after: '', limit: 100, upTo: 100 });
  for (const [sql, index] of [
    [all.sql, 'SessionTag_tag_isArchived'],
    [ofUser.statement.sql, 'SessionTag_userId_tag_isArchived'],
  ] as const) {
    const steps = (await queryPlan(database, { sql, params: ['tagged many', '', 100, 100, 100] })).filter(
      (step) => /SessionTag/.test(step),
    );
    expect(steps).toHaveLength(4);
    for (const step of steps)
      expect(step).toMatch(new RegExp(`^SEARCH SessionTag USING (COVERING )?INDEX ${index}`));
  }
  const read = async (userId: string) =>
    gateway.services.statements.all(ofUser.statement, [userId, '', 100, 100, 100]);
  const names = ['common', ...Array.from({ length: 9 }, (_, number) => `tag ${number}`)];
  expect((await read('tagged many')).map(({ tag }) => tag)).toEqual(names);
  expect((await read('tagged few'))[0]).toEqual({ tag: 'common', sessions: 100, archivedSessions: 0 });
});

describe('every other page', () => {
  test.each([
    ['sessions', '{ sessions(first: 20) { edges { node { id } } } }'],
    [
      'the sessions of a user',
      'query ($userId: String) { sessions(userId: $userId, first: 20) { edges { node { id } } } }',
    ],
    [
      'the sessions of a user in a part of an application',
      'query ($userId: String) { sessions(userId: $userId, featureName: "default", first: 20) { edges { node { id } } } }',
    ],
    [
      'the sessions of a part of an application',
      '{ sessions(featureName: "default", first: 20) { edges { node { id } } } }',
    ],
    ...[
      '',
      'userId: $userId',
      'userId: $userId, featureName: "default"',
      'featureName: "default"',
      'userId: $userId, search: "Chat"',
    ].map((filter) => [
      `the sessions by last activity (${filter})`,
      `query ${filter.includes('$') ? '($userId: String)' : ''} { sessions(${filter} orderBy: LAST_ACTIVITY, first: 20) { edges { node { preview lastActivityAt } } } }`,
    ]),
    ...['', 'userId: $userId,', 'userId: $userId, featureName: "default",', 'featureName: "default",']
      .flatMap((owner) =>
        ['archived: true', 'tag: "x"', 'pinned: true, tag: "x"'].map((label) => `${owner} ${label}`),
      )
      .flatMap((filter) => ['CREATED', 'LAST_ACTIVITY'].map((order) => `${filter}, orderBy: ${order}`))
      .map((filter) => [
        `the sessions of (${filter})`,
        `query ${filter.includes('$') ? '($userId: String)' : ''} { sessions(${filter}, first: 20) { totalCount edges { node { title } } } }`,
      ]),
    [
      'the newest message and the runs of sessions',
      'query ($userId: String) { sessions(userId: $userId, first: 20) { edges { node { lastMessage { id } lastRun { id } activeRun { id } } } } }',
    ],
  ])('a page of %s is found through an index, without sorting', async (_what, query) => {
    await seed(gateway.services.database, { sessions: 3, userId: 'carol', turns: 2 });

    const plans = await plansOf(await statementsOf(query, { userId: 'carol' }));

    for (const step of plans.flat())
      expect(step).not.toMatch(/TEMP B-TREE|SCAN (?!asked|json_each|page|rows)/);
    expect(plans.flat().filter((step) => step.startsWith('SEARCH')).length).toBeGreaterThan(0);
  });
});
