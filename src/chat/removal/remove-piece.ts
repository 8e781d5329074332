import type { Quotas } from '../../limits/quotas.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  blobsOfMessages,
  bytesOfMessages,
  deleteMessages,
  endRemoval,
  messagesBetween,
  type RemovedRange,
  removedRange,
  removedRanges,
  uncountMessages,
} from '../../storage/statements/removal.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import type { PieceSize } from './piece-size.ts';

/** The blobs of the recordings that went with a piece. */
interface RemovedPiece {
  blobs: string[];
}

/**
 * Deletes some of the messages that `deleteMessage` has hidden, and uncounts them with their bytes.
 *
 * @param sessionIds An `idList`.
 * @returns Undefined if these sessions have none.
 */
export async function removePiece(
  { statements, quotas }: { statements: Statements; quotas: Pick<Quotas, 'release'> },
  sessionIds: string,
  size: PieceSize,
): Promise<RemovedPiece | undefined> {
  const [range] = await statements.all(removedRanges, [sessionIds, 1]);
  if (range === undefined) return undefined;
  const { blobs, userId, bytes } = await statements.transaction((tx) => removeOf(tx, range, size));
  if (userId !== undefined) quotas.release(userId, { bytes });
  return { blobs };
}

async function removeOf(tx: Writer, { sessionId, firstId }: RemovedRange, size: PieceSize) {
  await tx.lockSession(sessionId);
  // The history may have been cleared in the meantime, or another gateway may have deleted them.
  const range = await tx.get(removedRange, [sessionId, firstId]);
  if (range === undefined) return { blobs: [], bytes: 0 };
  const { rows } = size;
  const messages = await tx.all(messagesBetween, [sessionId, firstId - 1, sessionId, range.lastId, rows]);
  const ids = idList(messages.map(({ id }) => id));
  const bytes = Number((await tx.get(bytesOfMessages, [ids, ids, ids, ids, ids]))?.bytes ?? 0);
  const recordings = await tx.all(blobsOfMessages, [ids, ids]);
  await size.measure(() => tx.run(deleteMessages, [ids]));
  const session = await tx.get(uncountMessages, [messages.length, bytes, sessionId]);
  if (messages.length < rows) await tx.run(endRemoval, [sessionId, firstId]);
  return { blobs: recordings.map(({ sha256 }) => sha256), userId: session?.userId, bytes };
}
