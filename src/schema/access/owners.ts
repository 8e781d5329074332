import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';

interface Owned {
  id: number;
  userId: string;
}

/**
 * Loaders for the owner of an object, a `userId`; null if there is no such object, or if it was deleted or cleared. They have no cache, because the
 * context of a subscription lives long.
 */
export const ownersOf = createContextCache(({ database }: Context) => ({
  /** By the id of the row, for each type that has Relay ids. */
  byType: {
    Session: ownerLoader((ids) =>
      database.session.findMany({
        where: { id: { in: ids }, ...notDeleted },
        select: { id: true, userId: true },
      }),
    ),
    Message: ownerLoader((ids) => ownersWithin(database, 'Message', ids)),
    Run: ownerLoader((ids) => ownersWithin(database, 'Run', ids)),
    AgentNode: ownerLoader((ids) =>
      database.agentNode.findMany({ where: { id: { in: ids } }, select: { id: true, userId: true } }),
    ),
  },
}));

/** Joins the sessions in one statement, which Prisma cannot. Leaves out messages that were cleared. */
async function ownersWithin(database: Database, table: 'Message' | 'Run', ids: number[]) {
  const notCleared = table === 'Message' ? Prisma.sql`AND "row"."id" > "clearedThroughId"` : Prisma.empty;
  const rows = await database.$queryRaw<Owned[]>`
    SELECT "row"."id", "Session"."userId" FROM ${Prisma.raw(`"${table}"`)} AS "row"
    JOIN "Session" ON "Session"."id" = "row"."sessionId" AND "deletedAt" IS NULL ${notCleared}
    WHERE "row"."id" IN (${Prisma.join(ids)})`;
  return rows.map(({ id, userId }) => ({ id: Number(id), userId }));
}

function ownerLoader(find: (ids: number[]) => Promise<Owned[]>): DataLoader<number, string | null> {
  return new DataLoader(
    async (ids) => {
      const owners = new Map((await find([...new Set(ids)])).map(({ id, userId }) => [id, userId]));
      return ids.map((id) => owners.get(id) ?? null);
    },
    { cache: false },
  );
}
