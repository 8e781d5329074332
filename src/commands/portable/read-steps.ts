import { groupBy } from '../../base/group-by.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  exportedStep,
  exportedToolCalls,
  keysOfSteps,
  sizesOfToolCalls,
} from '../../storage/statements/exported-messages.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { inPieces } from './in-pieces.ts';
import { writeRecord } from './write-record.ts';

/** Returns what reads the tool calls of one of the messages, as lines. A call that has not ended becomes a cancelled one. */
export async function readCalls(reader: Reader, messageIds: readonly number[]) {
  const sizes = await reader.all(sizesOfToolCalls, [idList(messageIds)]);
  const byMessage = groupBy(sizes, ({ messageId }) => messageId);
  return async function* (messageId: number): AsyncGenerator<string> {
    for (const piece of inPieces(byMessage.get(messageId) ?? [])) {
      for (const row of await reader.all(exportedToolCalls, [idList(piece)])) {
        const { id: _, messageId: message, argsText, changedArgsText, status, ...kept } = row;
        const ended =
          status === 'AWAITING_APPROVAL' || status === 'AWAITING_CLIENT' || status === 'RUNNING'
            ? { status: 'CANCELLED' as const, stopped: kept.startedAt === null }
            : { status };
        yield writeRecord(
          { type: 'toolCall', message, ...kept, ...ended },
          { args: argsText, changedArgs: changedArgsText },
        );
      }
    }
  };
}

/** Returns what reads the steps of one of the messages, as lines. */
export async function readSteps(reader: Reader, messageIds: readonly number[]) {
  const keys = await reader.all(keysOfSteps, [idList(messageIds)]);
  const byMessage = groupBy(keys, ({ messageId }) => messageId);
  return async function* (messageId: number): AsyncGenerator<string> {
    for (const { step } of byMessage.get(messageId) ?? []) {
      const row = await reader.get(exportedStep, [messageId, step]);
      if (row === undefined) continue;
      const { messageId: message, partsText, ...kept } = row;
      yield writeRecord({ type: 'step', message, ...kept }, { parts: partsText });
    }
  };
}
