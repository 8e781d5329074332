import { jumpOf } from '../../chat/branches/continue-branch.ts';
import type { LinePlace } from '../../storage/statements/lines.ts';
import { SortedIds } from './sorted-ids.ts';

interface Line extends Pick<LinePlace, 'rootLineId' | 'level' | 'jumpId'> {
  /** Its first message. */
  id: number;
  /** How many messages the session has before it. */
  firstIndex: number;
  messagesBefore: number;
}

/** The row of a line: firstId, parentId, parentLineId, rootLineId, level, jumpId, messagesBefore. */
export type LineRow = [number, number, number, number, number, number, number];

const firstLine: Line = { id: 0, firstIndex: 0, rootLineId: 0, level: 0, jumpId: 0, messagesBefore: 0 };

/**
 * Divides the messages of a new session into lines (src/chat/branches/README.md). It remembers the lines, because no statement
 * finds those of a session that is hidden.
 */
export class LinePlaces {
  readonly #lines = new Map<number, Line>();
  readonly #firsts = new SortedIds();

  /**
   * @param index How many messages the session has before this one.
   * @param parent The message behind which it comes, and how many messages the session has before that; null for the beginning of
   *   a conversation.
   * @returns The line that the message begins; undefined if it continues one.
   */
  place(id: number, index: number, parent: { id: number; index: number } | null): LineRow | undefined {
    if (parent === null ? index === 0 : parent.index === index - 1) return undefined;
    const before = parent === null ? undefined : this.#lineOf(parent.id);
    const on = before ?? firstLine;
    const jump = this.#lineNamed(on.jumpId);
    const nextJump = this.#lineNamed(jump.jumpId);
    const line: Line = {
      id,
      firstIndex: index,
      rootLineId: before?.rootLineId ?? id,
      level: on.level + 1,
      jumpId: jumpOf({
        lineId: on.id,
        level: on.level,
        jumpLevel: jump.level,
        nextJumpId: jump.jumpId,
        nextJumpLevel: nextJump.level,
      }),
      messagesBefore: parent === null ? 0 : on.messagesBefore + parent.index - on.firstIndex + 1,
    };
    this.#lines.set(id, line);
    this.#firsts.add(id);
    return [id, parent?.id ?? 0, on.id, line.rootLineId, line.level, line.jumpId, line.messagesBefore];
  }

  #lineOf(messageId: number): Line {
    const index = this.#firsts.lastUpTo(messageId);
    return index < 0 ? firstLine : this.#lineNamed(this.#firsts.at(index));
  }

  #lineNamed(id: number): Line {
    return this.#lines.get(id) ?? firstLine;
  }
}
