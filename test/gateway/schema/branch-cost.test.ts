import { expect, test } from 'vitest';
import type { Database } from '../../../src/storage/database.ts';
import { toPostgres } from '../../../src/storage/statements/dialect.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { createStatementLog, type Statement } from '../../support/gateway/query-count.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { globalId, seed, seedMessages } from './seed.ts';

const shared = shareGateway(() => startTestGateway());

/** The jump of a line behind `parent`, as src/chat/branches/README.md describes it. */
function jumpBehind(lines: readonly Line[], parent: number): number {
  const level = (at: number) => lines[at]?.level ?? 0;
  const jump = lines[parent]?.jump ?? 0;
  const next = lines[jump]?.jump ?? 0;
  return level(parent) - level(jump) === level(jump) - level(next) ? next : parent;
}

interface Line {
  level: number;
  jump: number;
}

/**
 * A session in which every message begins a line behind the message before the last one: all with an even number are one
 * branch, of as many lines. Rows are written directly.
 */
async function seedBranch(database: Database, messages: number): Promise<number> {
  const [sessionId = 0] = await seed(database, { sessions: 1 });
  await seedMessages(database, sessionId, messages);
  const { id: first } = await database.message.findFirstOrThrow({
    where: { sessionId },
    orderBy: { id: 'asc' },
  });
  // Each index is the number of a message in its session. The first message lies on the first line.
  const lines: Line[] = [{ level: 0, jump: 0 }];
  const rows = [];
  for (let at = 2; at < messages; at += 1) {
    if (at % 2 === 1) continue;
    const parent = at - 2;
    const jump = jumpBehind(lines, parent);
    lines[at] = { level: at / 2, jump };
    rows.push({
      firstId: first + at,
      sessionId,
      parentId: first + parent,
      parentLineId: parent === 0 ? 0 : first + parent,
      rootLineId: 0,
      level: at / 2,
      jumpId: jump === 0 ? 0 : first + jump,
      messagesBefore: at / 2,
    });
  }
  for (let done = 0; done < rows.length; done += 1_000) {
    await database.messageLine.createMany({ data: rows.slice(done, done + 1_000) });
  }
  const head = first + messages - (messages % 2 === 0 ? 2 : 1);
  await database.session.update({ where: { id: sessionId }, data: { headId: head } });
  return sessionId;
}

const page = `query ($id: ID!, $first: Int, $last: Int, $after: String, $before: String) { session(id: $id) {
  messages(first: $first, last: $last, after: $after, before: $before) {
    edges { cursor node { databaseId parent { databaseId } } }
  }
} }`;

/** How many lines a statement looks at to find a page, on its way to the page and within it. */
async function linesRead(database: Database, { sql, params }: Statement): Promise<number> {
  const walk = sql.slice(0, sql.lastIndexOf('SELECT "Message"."id"'));
  const steps = ['found', 'deep', 'upward', 'segment'].filter((name) => walk.includes(`"${name}" AS (`));
  expect(steps).toContain('segment');
  const counts = steps.map((name) => `(SELECT count(*) FROM "${name}")`).join(' + ');
  // The last parameter is the limit of the rows.
  const query = `${walk} SELECT CAST(${counts} AS INTEGER) AS "lines"`;
  const [row] = await database.$queryRawUnsafe<{ lines: number | bigint }[]>(
    process.env['TEST_DATABASE'] === 'postgresql' ? toPostgres(query) : query,
    ...params.slice(0, -1),
  );
  return Number(row?.lines);
}

test('a page of a branch takes the same statements on 50 lines and on 5,000, and looks at few of them', async () => {
  const gateway = shared();
  const { database } = gateway.services;
  const log = createStatementLog(gateway.services);
  const texts: string[][] = [];
  for (const messages of [100, 10_000]) {
    const id = globalId('Session', await seedBranch(database, messages));
    const middle = await gateway.query(page, { id, first: 25 });
    const { cursor } = middle.session.messages.edges.at(-1);
    const statements: string[] = [];
    for (const bounds of [
      { last: 20 },
      { first: 20 },
      { first: 20, after: cursor },
      { last: 20, before: cursor },
    ]) {
      const executed = await log.during(async () => {
        const { edges } = (await gateway.query(page, { id, ...bounds })).session.messages;
        expect(edges).toHaveLength(20);
        const nodes: { databaseId: number; parent: { databaseId: number } | null }[] = edges.map(
          (edge: { node: object }) => edge.node,
        );
        const ids = nodes.map(({ databaseId }) => databaseId);
        expect(nodes.slice(1).map(({ parent }) => parent?.databaseId)).toEqual(ids.slice(0, -1));
      });
      statements.push(...executed.map(({ sql }) => sql));
      const walks = executed.filter(({ sql }) => sql.includes('RECURSIVE'));
      expect(walks.length).toBeGreaterThan(0);
      for (const walk of walks) {
        expect(await linesRead(database, walk), JSON.stringify({ messages, bounds })).toBeLessThan(150);
      }
    }
    texts.push(statements);
  }
  expect(texts[1]).toEqual(texts[0]);
});
