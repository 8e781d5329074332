import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import { indexEntryBytes } from './count-rows.ts';
import { clearedThrough, isShown } from './page-per-parent.ts';

/** SQLite allows at most 500 selects in one UNION. */
const maxBatchSize = 400;

interface CountInSession {
  sessionId: number;
  /** Where to stop counting. */
  upTo: number;
}

/** Counts the messages or the runs of many sessions with one statement, and charges the result for what was read. */
export const countsOf = createContextCache((context: Context) => ({
  messages: countLoader(context, 'Message', (sessionId) => Prisma.sql`"id" > ${clearedThrough(sessionId)}`),
  runs: countLoader(context, 'Run', isShown),
}));

function countLoader(
  { database, resultBudget }: Context,
  table: 'Message' | 'Run',
  isVisible: (sessionId: number) => Prisma.Sql,
): DataLoader<CountInSession, number> {
  return new DataLoader(
    async (sessions) => {
      const selects = sessions.map(
        ({ sessionId, upTo }, slot) => Prisma.sql`
          SELECT CAST(${slot} AS INTEGER) AS "slot", count(*) AS "count" FROM (
            SELECT 1 FROM ${Prisma.raw(`"${table}"`)}
            WHERE "sessionId" = ${sessionId} AND ${isVisible(sessionId)} LIMIT ${upTo}
          ) AS "rows"`,
      );
      const counted = await database.$queryRaw<{ slot: number; count: bigint }[]>(
        Prisma.join(selects, ' UNION ALL '),
      );
      const counts = sessions.map(() => 0);
      for (const { slot, count } of counted) counts[Number(slot)] = Number(count);
      resultBudget.load(counts.reduce((sum, count) => sum + count, 0) * indexEntryBytes);
      return counts;
    },
    { cache: false, maxBatchSize },
  );
}
