import { encodeId, maxId } from '../../base/global-id.ts';
import { type Actor, noteDeed } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError, messageNotFound, sessionNotFound } from '../../errors.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { findSession } from '../../storage/find-session.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import {
  type MessageRange,
  placesOfMessages,
  rangesBelow,
  siblingsOfMessages,
} from '../../storage/statements/lines.ts';
import { newestMessage, removeMessages, unfinishedAnswers } from '../../storage/statements/removal.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Reader, Statements, Writer } from '../../storage/statements/statement.ts';
import { moveHead, newestBelow } from '../branches/select-branch.ts';
import type { RemovalSweep } from './removal-sweep.ts';

export interface DeleteMessageOptions {
  statements: Statements;
  sweep: RemovalSweep;
  changes: ChangeLog;
}

/**
 * Deletes a message with all that follow it, on every branch. One short transaction hides them from all readers; their rows
 * are deleted and uncounted in pieces after that. Where the session has shown one of them, it shows the version before the
 * deleted one, or the one behind it; without other versions its branch ends before the message.
 *
 * @throws GatewayError NOT_FOUND; RUN_IN_PROGRESS if one of the messages is being written or waits in the queue.
 */
export async function deleteMessage(
  messageId: number,
  options: DeleteMessageOptions,
  actor?: Actor,
): Promise<Session> {
  const { statements, changes, sweep } = options;
  const found = await statements.get(visibleMessageById, [messageId]);
  if (found === undefined) throw messageNotFound(messageId);
  const { sessionId } = found;
  const told = await statements.transaction(async (tx) => {
    await tx.lockSession(sessionId);
    const session = await tx.get(sessionById, [sessionId]);
    if (session === undefined) throw sessionNotFound(sessionId);
    if ((await tx.get(visibleMessageById, [messageId])) === undefined) throw messageNotFound(messageId);
    const newest = (await tx.get(newestMessage, [sessionId, sessionId, maxId]))?.id ?? messageId;
    const removed = (await tx.all(rangesBelow, [messageId, sessionId])).map(({ firstId, lastId }) => ({
      firstId,
      lastId: Math.min(lastId, newest),
    }));
    await refuseUnfinished(tx, sessionId, removed);
    const next = await branchWithout(tx, { sessionId, messageId });
    await tx.run(removeMessages, [sessionId, JSON.stringify(removed)]);
    const head = session.headId ?? newest;
    const headId = isAmong(removed, head) ? next : head;
    if (headId !== head) await moveHead(tx, { sessionId, headId });
    const [subject, detail] = [`Message:${messageId}`, `Session:${sessionId}`];
    await noteDeed(tx, actor, { action: 'MESSAGE_DELETED', ownerId: session.userId, subject, detail });
    return changes.write(tx, [{ kind: 'HeadMoved', sessionId, headId: headId || null }]);
  });
  changes.ring(told);
  await sweep.finish([sessionId]);
  return findSession(statements, sessionId);
}

/** The newest message of the branch to show without a message and all that follow it; 0 if nothing is left. */
async function branchWithout(
  tx: Reader,
  { sessionId, messageId }: { sessionId: number; messageId: number },
): Promise<number> {
  const ids = idList([messageId]);
  const siblings = (await tx.all(siblingsOfMessages, [ids])).map(({ siblingId }) => siblingId);
  const before = siblings.filter((id) => id < messageId);
  const behind = siblings.filter((id) => id > messageId);
  if (before.length > 0) return newestBelow(tx, { sessionId, messageId: Math.max(...before) });
  if (behind.length > 0) return newestBelow(tx, { sessionId, messageId: Math.min(...behind) });
  const [place] = await tx.all(placesOfMessages, [ids]);
  return place?.parentId ?? 0;
}

async function refuseUnfinished(
  tx: Writer,
  sessionId: number,
  removed: readonly MessageRange[],
): Promise<void> {
  const runs = await tx.all(unfinishedAnswers, [sessionId]);
  const run = runs.find(({ userMessageId, assistantMessageId }) =>
    [userMessageId, assistantMessageId].some((id) => id !== null && isAmong(removed, id)),
  );
  if (run === undefined) return;
  const message = 'One of these messages is being answered. Cancel the run before you delete them.';
  throw new GatewayError('RUN_IN_PROGRESS', message, { runId: encodeId('Run', run.id) });
}

function isAmong(ranges: readonly MessageRange[], id: number): boolean {
  return ranges.some(({ firstId, lastId }) => firstId <= id && id <= lastId);
}
