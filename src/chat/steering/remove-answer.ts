import { maxId } from '../../base/global-id.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { rangesBelow } from '../../storage/statements/lines.ts';
import { deleteMessages, newestMessage } from '../../storage/statements/removal.ts';
import type { Writer } from '../../storage/statements/statement.ts';
import { moveLines, shortenLines, uncountAnswer } from '../../storage/statements/steering.ts';

export interface EmptyAnswer {
  sessionId: number;
  /** The prompt. */
  messageId: number;
  /** Its answer, which lies directly behind it on its line, and is never written. */
  emptyId: number;
}

/**
 * Deletes the empty answer of a prompt that has joined another answer. What follows it follows the prompt then. Call it with
 * the session locked.
 *
 * @returns The newest message of the branch that the session shows now.
 */
export async function removeAnswer(
  tx: Writer,
  { sessionId, messageId, emptyId }: EmptyAnswer,
): Promise<number> {
  const ranges = await tx.all(rangesBelow, [messageId, sessionId]);
  const lines = ranges.map(({ firstId }) => firstId).filter((firstId) => firstId !== messageId);
  if (lines.length > 0) {
    await tx.run(moveLines, [messageId, sessionId, emptyId]);
    await tx.run(shortenLines, [idList(lines)]);
  }
  await tx.run(deleteMessages, [idList([emptyId])]);
  const counted = await tx.get(uncountAnswer, [emptyId, messageId, new Date(), sessionId]);
  const newest = await tx.get(newestMessage, [sessionId, sessionId, maxId]);
  return counted?.headId ?? newest?.id ?? messageId;
}
