// A deleted session, cleared messages and deleted messages stay in the database until they have been deleted in pieces
// (src/chat/removal/removal-sweep.ts). Every reader leaves them out, so that nobody sees a part of them. A page of a branch
// never has a deleted message, because the branch ends before it; what finds messages by their ids looks into
// `RemovedMessages`: see `isKept` in statements/hidden-messages.ts.

/** Finds only sessions that were not deleted: a condition for Prisma. */
export const notDeleted = { deletedAt: null };

/** Finds what was deleted together with a message, of its session: a condition for Prisma. */
export function removedWith(messageId: number) {
  return { where: { firstId: { lte: messageId }, lastId: { gte: messageId } }, take: 1 };
}

interface Clearing {
  clearedThroughId: number;
}

/** Whether a message is hidden because the history was cleared or the session deleted. */
export function isCleared({ id, session }: { id: number; session: Clearing }): boolean {
  return id <= session.clearedThroughId;
}

/** Whether a message is hidden because of that, or because it was deleted itself: see `removedWith`. */
export function isHidden(message: {
  id: number;
  session: Clearing & { removed: readonly unknown[] };
}): boolean {
  return isCleared(message) || message.session.removed.length > 0;
}
