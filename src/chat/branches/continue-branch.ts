import { insertLine, type LinePlace, linePlaceOf, setHead } from '../../storage/statements/lines.ts';
import { newestMessage } from '../../storage/statements/removal.ts';
import type { Writer } from '../../storage/statements/statement.ts';

/** Messages that were stored, and where they belong. */
export interface StoredMessages {
  sessionId: number;
  /** The message behind which they come; 0 for the beginning of a conversation. */
  parentId: number;
  /** The first of them. */
  firstId: number;
}

/**
 * Puts messages that were just stored behind another one, and shows them. They stay on its line where that message was the
 * newest row of the session; otherwise they begin a line of their own. Call it with the session locked.
 */
export async function continueBranch(tx: Writer, stored: StoredMessages): Promise<void> {
  const { sessionId, parentId, firstId } = stored;
  const before = await tx.get(newestMessage, [sessionId, sessionId, firstId]);
  if ((before?.id ?? 0) !== parentId) await beginLine(tx, stored);
  await tx.run(setHead, [null, sessionId]);
}

async function beginLine(tx: Writer, { sessionId, parentId, firstId }: StoredMessages): Promise<void> {
  const place = parentId > 0 ? await tx.get(linePlaceOf, [parentId, sessionId]) : undefined;
  const { lineId, rootLineId, level, messages } = place ?? root;
  const rootId = parentId > 0 ? rootLineId : firstId;
  const line = [firstId, sessionId, parentId, lineId, rootId, level + 1, jumpOf(place ?? root), messages];
  await tx.run(insertLine, line);
}

/** A conversation begins beside the first line. */
const root: LinePlace = {
  lineId: 0,
  level: 0,
  rootLineId: 0,
  jumpId: 0,
  jumpLevel: 0,
  nextJumpId: 0,
  nextJumpLevel: 0,
  messages: 0,
};

/**
 * The jump of a line behind another one: twice as far as that one jumps where its last two jumps are equally long, otherwise
 * only to that one. So each line has one jump, and any line above it is reached in a number of steps that grows with the
 * logarithm of the level (Myers, "An applicative random-access stack", 1983).
 */
export function jumpOf({
  lineId,
  level,
  jumpLevel,
  nextJumpId,
  nextJumpLevel,
}: Omit<LinePlace, 'rootLineId' | 'jumpId' | 'messages'>): number {
  return level - jumpLevel === jumpLevel - nextJumpLevel ? nextJumpId : lineId;
}
