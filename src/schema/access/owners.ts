import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';

interface Owned<Id> {
  id: Id;
  userId: string;
}

/**
 * Loaders for the owner of an object, a `userId`; null if there is no such object. They have no cache, because the
 * context of a subscription lives long.
 */
export const ownersOf = createContextCache(({ database }: Context) => ({
  /** By the id of the row, for each type that has Relay ids. */
  byType: {
    Session: ownerLoader<number>((ids) =>
      database.session.findMany({ where: { id: { in: ids } }, select: { id: true, userId: true } }),
    ),
    Message: ownerLoader<number>((ids) => ownersWithin(database, 'Message', ids)),
    Run: ownerLoader<number>((ids) => ownersWithin(database, 'Run', ids)),
    AgentNode: ownerLoader<number>((ids) =>
      database.agentNode.findMany({ where: { id: { in: ids } }, select: { id: true, userId: true } }),
    ),
  },
  nodeId: ownerLoader<string>(async (nodeIds) => {
    const rows = await database.agentNode.findMany({
      where: { nodeId: { in: nodeIds } },
      select: { nodeId: true, userId: true },
    });
    return rows.map(({ nodeId, userId }) => ({ id: nodeId, userId }));
  }),
}));

/** Joins the sessions in one statement. Prisma would need a second one for them. */
async function ownersWithin(database: Database, table: 'Message' | 'Run', ids: number[]) {
  const rows = await database.$queryRaw<Owned<number>[]>`
    SELECT "row"."id", "Session"."userId" FROM ${Prisma.raw(`"${table}"`)} AS "row"
    JOIN "Session" ON "Session"."id" = "row"."sessionId" WHERE "row"."id" IN (${Prisma.join(ids)})`;
  return rows.map(({ id, userId }) => ({ id: Number(id), userId }));
}

function ownerLoader<Id>(find: (ids: Id[]) => Promise<Owned<Id>[]>): DataLoader<Id, string | null> {
  return new DataLoader(
    async (ids) => {
      const owners = new Map((await find([...new Set(ids)])).map(({ id, userId }) => [id, userId]));
      return ids.map((id) => owners.get(id) ?? null);
    },
    { cache: false },
  );
}
