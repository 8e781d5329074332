import { Prisma } from '../generated/prisma/client.ts';

/**
 * Waits until no other transaction changes the rows of these sessions: `Writer.lockSession`, for a transaction of Prisma.
 * It changes a column to what it is, because SQLite has no statement that only locks.
 */
export async function lockSessions(
  tx: Pick<Prisma.TransactionClient, '$executeRaw'>,
  sessionIds: readonly number[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  const ids = Prisma.join([...sessionIds]);
  await tx.$executeRaw`UPDATE "Session" SET "storedBytes" = "storedBytes" WHERE "id" IN (${ids})`;
}
