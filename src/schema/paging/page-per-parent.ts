import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { type Message, Prisma, type Run } from '../../generated/prisma/client.ts';
import { newestRow, type Page } from './page.ts';
import { messageBytes, type RowSize, readRows } from './rows.ts';

/** SQLite allows at most 500 selects in one UNION. */
const maxBatchSize = 400;

/** A page of the rows of one session. */
interface PageInSession extends Page {
  sessionId: number;
}

/**
 * The loaders of one request, for queries that Prisma cannot batch. They have no cache: the context of a subscription
 * lives long, and each of its results must show the present state.
 */
export const loadersOf = createContextCache((context: Context) => ({
  /** A page of each session's messages. */
  messages: pageLoader<Message>(context, 'Message', (ids) =>
    context.database.message.findMany({ where: { id: { in: ids } } }),
  ),
  /** A page of each session's runs. */
  runs: pageLoader<Run>(context, 'Run', (ids) =>
    context.database.run.findMany({ where: { id: { in: ids } } }),
  ),
  /** The RUNNING run of each session; null if it has none. */
  liveRun: new DataLoader<number, Run | null>(
    async (sessionIds) => {
      const runs = await context.database.run.findMany({
        where: { sessionId: { in: [...new Set(sessionIds)] }, status: 'RUNNING' },
      });
      const bySession = new Map(runs.map((run) => [run.sessionId, run]));
      return sessionIds.map((id) => bySession.get(id) ?? null);
    },
    { cache: false },
  ),
}));

/** The newest row of a session; null if the session has no rows. */
export async function newestOf<Row>(pages: DataLoader<PageInSession, Row[]>, sessionId: number) {
  const [newest] = await pages.load({ ...newestRow, sessionId });
  return newest ?? null;
}

/**
 * Loads the pages of many sessions. The first statement finds the ids of every page, through the index and with a LIMIT
 * for each session, and how long the texts are; the others read the rows, some at a time. A window function would read all rows of each session.
 */
function pageLoader<Row extends { id: number }>(
  context: Context,
  table: 'Message' | 'Run',
  findRows: (ids: number[]) => Promise<Row[]>,
): DataLoader<PageInSession, Row[]> {
  return new DataLoader(
    async function loadPages(pages): Promise<Row[][]> {
      const selects = pages.map((page, slot) => selectIds(table, page, slot));
      const found = await context.database.$queryRaw<(RowSize & { slot: number })[]>(
        Prisma.join(selects, ' UNION ALL '),
      );
      const rows = await readRows(context, found, findRows);
      // Rows that were deleted since were hidden before that. Look again, so that no page shows a part of what is left.
      if (rows.length < new Set(found.map(({ id }) => Number(id))).size) return loadPages(pages);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const results: Row[][] = pages.map(() => []);
      for (const { id, slot } of found) {
        const row = byId.get(Number(id));
        if (row) results[Number(slot)]?.push(row);
      }
      return results;
    },
    { cache: false, maxBatchSize },
  );
}

function selectIds(table: string, { sessionId, after, before, limit, order }: PageInSession, slot: number) {
  const direction = Prisma.raw(order === 'asc' ? 'ASC' : 'DESC');
  const isMessage = table === 'Message';
  const start = isMessage ? Prisma.sql`max(${after}, ${clearedThrough(sessionId)})` : after;
  const shown = isMessage ? Prisma.sql`TRUE` : isShown(sessionId);
  const bytes = isMessage ? messageBytes : Prisma.sql`0`;
  return Prisma.sql`SELECT * FROM (
    SELECT "id", CAST(${slot} AS INTEGER) AS "slot", ${bytes} AS "bytes" FROM ${Prisma.raw(`"${table}"`)}
    WHERE "sessionId" = ${sessionId} AND "id" > ${start} AND "id" < ${before} AND ${shown}
    ORDER BY "id" ${direction} LIMIT ${limit}
  ) AS "page"`;
}

/** The id of the newest message that was cleared in a session, or null if the session is gone: then no message is found. */
export function clearedThrough(sessionId: number): Prisma.Sql {
  return Prisma.sql`(SELECT "clearedThroughId" FROM "Session" WHERE "id" = ${sessionId})`;
}

/** Whether a session was not deleted. The runs of one that was are hidden with it, and those of a cleared history are not. */
export function isShown(sessionId: number): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT 1 FROM "Session" WHERE "id" = ${sessionId} AND "deletedAt" IS NULL)`;
}
