// A deleted session and cleared messages stay in the database until they have been deleted in pieces
// (src/chat/removal/removal-sweep.ts). Every reader leaves them out, so that nobody sees a part of them.

/** Finds only sessions that were not deleted: a condition for Prisma. */
export const notDeleted = { deletedAt: null };

/** Whether a message is hidden because the history was cleared or the session deleted. */
export function isCleared({ id, session }: { id: number; session: { clearedThroughId: number } }): boolean {
  return id <= session.clearedThroughId;
}
