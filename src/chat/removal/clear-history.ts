import { encodeId, maxId } from '../../base/global-id.ts';
import { type Actor, noteDeed } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError, sessionNotFound } from '../../errors.ts';
import type { Session } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { endRemovals, hideMessages, newestMessage } from '../../storage/statements/removal.ts';
import { unfinishedRuns } from '../../storage/statements/run-states.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import { deleteToolSets } from '../../storage/statements/tool-sets.ts';
import { unsentOfSession } from '../../storage/statements/uploads.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import type { RemovalSweep } from './removal-sweep.ts';

export interface ClearHistoryOptions {
  statements: Statements;
  sweep: RemovalSweep;
  quotas: Quotas;
  changes: ChangeLog;
}

/**
 * Deletes a session's messages, and not the attachments that wait to be sent. One short transaction hides them from all readers and uncounts them; their rows are
 * deleted in pieces after that.
 *
 * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
 */
export async function clearHistory(
  sessionId: number,
  options: ClearHistoryOptions,
  actor?: Actor,
): Promise<Session> {
  const { statements, quotas, changes, sweep } = options;
  const { session, freed, told } = await statements.transaction(async (tx) => {
    await tx.lockSession(sessionId);
    const before = await tx.get(sessionById, [sessionId]);
    if (before === undefined) throw sessionNotFound(sessionId);
    await refuseLive(tx, sessionId);
    const newest = await tx.get(newestMessage, [sessionId, sessionId, maxId]);
    const unsent = await tx.get(unsentOfSession, [sessionId]);
    const staying = settingBytes(before) + (unsent?.bytes ?? 0);
    const hidden = [newest?.id ?? 0, staying, new Date(), sessionId];
    const session = (await tx.get(hideMessages, hidden)) ?? before;
    await tx.run(endRemovals, [sessionId]);
    // `storedBytes` does not count them any more.
    await tx.run(deleteToolSets, [sessionId]);
    const subject = `Session:${sessionId}`;
    await noteDeed(tx, actor, { action: 'HISTORY_CLEARED', ownerId: session.userId, subject });
    const told = await changes.write(tx, [{ kind: 'HistoryCleared', sessionId }]);
    return { session, freed: Number(before.storedBytes - session.storedBytes), told };
  });
  quotas.release(session.userId, { bytes: freed });
  changes.ring(told);
  await sweep.finish([sessionId]);
  return session;
}

async function refuseLive(tx: Writer, sessionId: number): Promise<void> {
  const live = await tx.get(unfinishedRuns, [sessionId]);
  if (live === undefined) return;
  const message = 'This session is answering a prompt. Cancel the run before you clear the history.';
  throw new GatewayError('RUN_IN_PROGRESS', message, { runId: encodeId('Run', live.id) });
}
