import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { shorten } from '../base/cut-text.ts';
import type { Context } from '../context.ts';
import { Prisma } from '../generated/prisma/client.ts';

/** Characters of a preview, without the `…` behind it. */
const previewLength = 119;
/** Characters that are read for a preview: more, because several blanks count as one. */
const readLength = 400;
/** SQLite allows at most 500 selects in one UNION. */
const maxBatchSize = 400;

/** Loads the previews of sessions: one statement for all of them, and one row for each. */
export const previewOf = createContextCache(
  ({ database, resultBudget }: Context) =>
    new DataLoader<number, string | null>(
      async (sessionIds) => {
        const selects = sessionIds.map(selectBeginning);
        const found = await database.$queryRaw<{ sessionId: number; beginning: string }[]>(
          Prisma.join(selects, ' UNION ALL '),
        );
        resultBudget.load(found.reduce((length, { beginning }) => length + beginning.length, 0));
        // SQLite's numbers may come as BigInt.
        const bySession = new Map(found.map((row) => [Number(row.sessionId), row.beginning]));
        return sessionIds.map((id) => onOneLine(bySession.get(id)));
      },
      { cache: false, maxBatchSize },
    ),
);

function selectBeginning(sessionId: number): Prisma.Sql {
  return Prisma.sql`SELECT * FROM (
    SELECT "sessionId", SUBSTR("content", 1, ${readLength}) AS "beginning" FROM "Message"
    WHERE "sessionId" = ${sessionId}
      AND "id" > (SELECT "clearedThroughId" FROM "Session" WHERE "id" = ${sessionId})
    ORDER BY "id" LIMIT 1
  ) AS "page"`;
}

function onOneLine(beginning: string | undefined): string | null {
  const line = beginning?.replace(/\s+/g, ' ').trim();
  return line ? shorten(line, previewLength) : null;
}
