import { afterAll, beforeAll, expect, test } from 'vitest';
import { toPostgres } from '../../../src/storage/statements/dialect.ts';
import { blocksRead } from '../../support/gateway/blocks-read.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { createStatementLog, type StatementLog } from '../../support/gateway/query-count.ts';
import {
  describeWithPostgres,
  type EmptyDatabase,
  openEmptyDatabase,
} from '../../support/process/postgres.ts';
import { globalId, seed, seedMessages } from './seed.ts';

/** Rows that are added to a small database. */
const many = 20_000;

// The session of bob with the id 1, and his two others, are older than all that is added.
const inSession = (selection: string) =>
  `{ node(id: "${globalId('Session', 1)}") { ... on Session { ${selection} } } }`;
const inLongSession = (selection: string) =>
  `{ node(id: "${globalId('Session', 4)}") { ... on Session { ${selection} } } }`;
const titles = 'edges { node { title } }';

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

  async function blocksOf(query: string): Promise<number> {
    const statements = await log.during(() => gateway.query(query));
    const blocks = await blocksRead(empty.url, statements);
    expect(blocks.length).toBeGreaterThan(0);
    return blocks.reduce((sum, each) => sum + each, 0);
  }

  test(`a page reads as much from ${many} sessions and messages as from a few`, async () => {
    const { database } = gateway.services;
    await seed(database, { sessions: 3, userId: 'bob', turns: 5 });
    await seed(database, { sessions: 1, turns: 50 });
    await database.$executeRaw`ANALYZE`;
    const before: number[] = [];
    for (const query of reads) before.push(await blocksOf(query));

    await seedMessages(database, 4, many);
    await database.$executeRaw`INSERT INTO "Session" ("userId", "title", "updatedAt")
      SELECT 'alice', 'Chat ' || "number", now() FROM generate_series(1, ${many}) AS "all"("number")`;
    await database.$executeRaw`INSERT INTO "Run" ("sessionId", "status", "providerName", "modelName")
      SELECT 4, 'COMPLETED', 'demo', 'demo-1' FROM generate_series(1, ${many})`;
    await database.$executeRaw`ANALYZE`;

    const grown: string[] = [];
    for (const [index, query] of reads.entries()) {
      const [few = 0, now] = [before[index], await blocksOf(query)];
      // An index of a large table has two levels more, and its rows lie in other blocks.
      if (now > 3 * few + 40) grown.push(`${query}: ${few} blocks, then ${now}`);
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
