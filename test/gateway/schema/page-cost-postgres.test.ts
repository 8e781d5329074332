import { afterAll, beforeAll, expect, test } from 'vitest';
import { maxId } from '../../../src/base/global-id.ts';
import { viewerKinds } from '../../../src/changes/change.ts';
import { stepsOfMessages } from '../../../src/storage/statements/answer-steps.ts';
import {
  changesOfAll,
  changesOfSession,
  changesOfUser,
  startOfRun,
} from '../../../src/storage/statements/changes.ts';
import { idList, toPostgres } from '../../../src/storage/statements/dialect.ts';
import { countOlderMessages, messagesBefore } from '../../../src/storage/statements/exchanges.ts';
import { countOfOwnNodes, pagesOfOwnNodes } from '../../../src/storage/statements/nodes.ts';
import {
  hiddenMessages,
  newestMessage,
  runsOfSessions,
  sessionsWithHiddenRows,
} from '../../../src/storage/statements/removal.ts';
import { waitingSessions } from '../../../src/storage/statements/run-owners.ts';
import {
  oldestQueuedRun,
  runByRequestId,
  unfinishedRuns,
} from '../../../src/storage/statements/run-states.ts';
import { countTags } from '../../../src/storage/statements/tag-counts.ts';
import { toolCallsOfMessages } from '../../../src/storage/statements/tool-calls.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { createStatementLog, type Statement, type StatementLog } from '../../support/gateway/query-count.ts';
import { type ReadCost, readCosts } from '../../support/gateway/read-costs.ts';
import {
  describeWithPostgres,
  type EmptyDatabase,
  openEmptyDatabase,
} from '../../support/process/postgres.ts';
import { globalId, seed, seedMessages, seedNodes } from './seed.ts';

/** Rows that are added to a small database. */
const many = 10_000;

// The session of bob with the id 1, and his two others, are older than all that is added.
const inSession = (selection: string) =>
  `{ node(id: "${globalId('Session', 1)}") { ... on Session { ${selection} } } }`;
const inLongSession = (selection: string) =>
  `{ node(id: "${globalId('Session', 4)}") { ... on Session { ${selection} } } }`;
const titles = 'edges { node { title } }';

/** Only an admin lists what all users have. With the statistics of a small table, PostgreSQL sorts all sessions of the tag. */
const tagsOfAll = '{ viewer { tags(first: 20, upTo: 5) { tag sessionCount archivedSessionCount } } }';
const ofAllWithTag = `{ sessions(tag: "frequent", first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`;

const reads = [
  inSession('messages(last: 20) { totalCount edges { node { content } } }'),
  inSession('messages(first: 20) { edges { node { content run { id } toolCalls { name } } } }'),
  inSession('runs(last: 20) { totalCount edges { node { status } } } lastRun { id } activeRun { id }'),
  inSession('preview lastMessage { content } tokenUsage { totalTokens }'),
  inLongSession('messages(last: 20) { edges { node { content } } } lastMessage { content }'),
  inLongSession('messages(first: 20) { edges { node { content } } } preview'),
  `{ sessions(userId: "bob", first: 20) { totalCount edges { node { preview lastMessage { content } } } } }`,
  `{ sessions(userId: "bob", last: 20) { ${titles} } }`,
  `{ sessions(userId: "bob", first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`,
  `{ sessions(featureName: "other", first: 20) { totalCount ${titles} } }`,
  `{ sessions(featureName: "other", first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`,
  `{ sessions(userId: "alice", featureName: "other", first: 20) { totalCount ${titles} } }`,
  `{ sessions(userId: "alice", featureName: "other", first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`,
  `{ sessions(first: 20) { totalCount(upTo: 20) ${titles} } }`,
  ...['', 'userId: "bob"', 'userId: "alice", featureName: "other"', 'featureName: "other"'].flatMap(
    (owner) => [
      `{ sessions(${owner} search: "zq", first: 20) { ${titles} } }`,
      `{ sessions(${owner} search: "chat zq", first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`,
    ],
  ),
  ...['z', '\u8A9E', '?!', 'nowhere'].map(
    (search) => `{ sessions(search: "${search}", first: 20) { ${titles} } }`,
  ),
  ...['', 'userId: "bob",', 'userId: "alice", featureName: "other",'].flatMap((owner) =>
    ['archived: false', 'archived: true'].flatMap((label) => [
      `{ sessions(${owner} ${label}, first: 20) { totalCount(upTo: 20) ${titles} } }`,
      `{ sessions(${owner} ${label}, first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`,
    ]),
  ),
  ofAllWithTag,
  `{ sessions(userId: "bob", tag: "frequent", first: 20, orderBy: LAST_ACTIVITY) { ${titles} } }`,
  `{ sessions(userId: "bob", search: "ch", last: 20) { totalCount(upTo: 20) ${titles} } }`,
  tagsOfAll,
  '{ agentNodes(first: 20) { totalCount(upTo: 20) edges { node { nodeId } } } }',
];

/** Statements that no query alone makes, with parameters that find little. */
const others: Statement[] = [
  { sql: changesOfSession.sql, params: [1, 0, 0, 100] },
  { sql: changesOfUser(viewerKinds).sql, params: ['bob', 0, 0, 100] },
  { sql: changesOfAll(viewerKinds).sql, params: [2 ** 50, 0, 100] },
  { sql: startOfRun.sql, params: [1, 1, 1] },
  { sql: oldestQueuedRun.sql, params: [1, 1] },
  { sql: oldestQueuedRun.sql, params: [4, 4] },
  { sql: unfinishedRuns.sql, params: [4] },
  { sql: newestMessage.sql, params: [1, 1, maxId] },
  { sql: newestMessage.sql, params: [4, 4, maxId] },
  { sql: hiddenMessages.sql, params: [idList([1, 2, 3, 4]), 200, 200] },
  { sql: runsOfSessions.sql, params: [idList([1, 2, 3, 4]), 200, 200] },
  { sql: messagesBefore.sql, params: [1, 1, maxId, 1, 1, 1, maxId, 50] },
  { sql: countOlderMessages.sql, params: [1, 0, 1, maxId, 1] },
  { sql: toolCallsOfMessages.sql, params: [idList([2, 4])] },
  { sql: stepsOfMessages.sql, params: [idList([2, 4])] },
  { sql: waitingSessions.sql, params: [] },
  { sql: sessionsWithHiddenRows.sql, params: [] },
  { sql: runByRequestId.sql, params: [4, 'none'] },
  { sql: countOfOwnNodes.sql, params: ['bob', 'bob', 20] },
  {
    sql: countTags({ userId: '', after: '', limit: 20, upTo: 5 }).statement.sql,
    params: ['bob', '', 20, 5, 5],
  },
  { sql: pagesOfOwnNodes.desc.sql, params: ['bob', 0, 'bob', maxId, 20] },
];

describeWithPostgres('reads from PostgreSQL', () => {
  let empty: EmptyDatabase;
  let gateway: TestGateway;
  let log: StatementLog;

  beforeAll(async () => {
    empty = await openEmptyDatabase();
    gateway = await startTestGateway({ settings: { DATABASE_URL: empty.url } });
    log = createStatementLog(gateway.services);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await empty[Symbol.asyncDispose]();
  });

  /** What each read costs, by its name. */
  async function measure(): Promise<Map<string, ReadCost>> {
    const costs = new Map<string, ReadCost>();
    for (const query of reads) {
      const statements = await log.during(() => gateway.query(query));
      const each = await readCosts(empty.url, statements);
      costs.set(query, {
        blocks: each.reduce((sum, { blocks }) => sum + blocks, 0),
        rows: each.reduce((sum, { rows }) => sum + rows, 0),
      });
    }
    for (const [index, cost] of (await readCosts(empty.url, others)).entries()) {
      costs.set(`${others[index]?.sql} ${JSON.stringify(others[index]?.params)}`, cost);
    }
    return costs;
  }

  test(`a page reads as much from ${many} sessions and messages as from a few`, async () => {
    const { database } = gateway.services;
    await seed(database, { sessions: 3, userId: 'bob', turns: 5 });
    await seed(database, { sessions: 1, turns: 50 });
    await seedNodes(database, 3);
    await database.$executeRaw`ANALYZE`;
    const before = await measure();

    await seedMessages(database, 4, many);
    await database.$executeRaw`INSERT INTO "Session" ("userId", "title", "updatedAt", "isArchived", "tags")
      SELECT 'alice', 'Chat ' || "number", now(), true, '["frequent"]' FROM generate_series(1, ${many}) AS "all"("number")`;
    await database.$executeRaw`INSERT INTO "Run" ("sessionId", "status", "providerName", "modelName")
      SELECT 4, 'COMPLETED', 'demo', 'demo-1' FROM generate_series(1, ${many})`;
    await database.$executeRaw`INSERT INTO "Change" ("transactionId", "sessionId", "userId", "kind", "payload", "at")
      SELECT 1, 4, 'alice', 'RunStarted', '{"runId": 0}', now() FROM generate_series(1, ${many})`;
    await database.$executeRaw`INSERT INTO "AgentNode" ("userId", "nodeId", "displayName", "capabilities")
      SELECT 'alice', 'node ' || "number", 'Node', '[]' FROM generate_series(1, ${many}) AS "all"("number")`;
    const grown: string[] = [];
    // At first, the statistics of PostgreSQL are still those of the small tables.
    for (const analyze of [false, true]) {
      if (analyze) await database.$executeRaw`ANALYZE`;
      for (const [name, now] of await measure()) {
        if ((name === ofAllWithTag || name === tagsOfAll) && !analyze) continue;
        const few = before.get(name) ?? { blocks: 0, rows: 0 };
        // A search compares 250 titles before it asks the index, twice. An index of a large table has two levels more.
        const more = name.includes('search') ? 600 : 40;
        if (now.blocks > 3 * few.blocks + more || now.rows > 3 * few.rows + more + 200) {
          grown.push(`${name}: ${JSON.stringify({ few, now, analyze })}`);
        }
      }
    }
    expect(grown).toEqual([]);
  });

  test('cleared messages are deleted without reading the whole table', async () => {
    const { database } = gateway.services;
    await seedMessages(database, 1, 300);
    const statements = await log.during(() =>
      gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', {
        id: globalId('Session', 1),
      }),
    );
    const [first] = statements.filter(({ sql }) => sql.startsWith('DELETE FROM "Message"'));
    const plan = await database.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(
      `EXPLAIN ${toPostgres(first?.sql ?? '')}`,
      ...(first?.params ?? []),
    );
    const steps = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(steps).toContain('Message_pkey');
    expect(steps).not.toContain('Seq Scan');
    expect(await database.message.count({ where: { sessionId: 1 } })).toBe(0);
  });
});
