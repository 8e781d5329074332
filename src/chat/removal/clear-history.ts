import { encodeId } from '../../base/global-id.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError, sessionNotFound } from '../../errors.ts';
import type { Prisma, Session } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { lockSessions } from '../../storage/lock-sessions.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import type { RemovalSweep } from './removal-sweep.ts';
import { unfinished } from './unfinished-runs.ts';

export interface ClearHistoryOptions {
  database: Database;
  sweep: RemovalSweep;
  quotas: Quotas;
  changes: ChangeLog;
}

/**
 * Deletes a session's messages. One short transaction hides them from all readers and uncounts them; their rows are
 * deleted in pieces after that.
 *
 * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
 */
export async function clearHistory(sessionId: number, options: ClearHistoryOptions): Promise<Session> {
  const { database, quotas, changes, sweep } = options;
  const { session, freed, told } = await database.$transaction(async (tx) => {
    await lockSessions(tx, [sessionId]);
    const before = await tx.session.findUnique({ where: { id: sessionId, ...notDeleted } });
    if (before === null) throw sessionNotFound(sessionId);
    await refuseLive(tx, sessionId);
    const newest = await tx.message.findFirst({
      where: { sessionId },
      select: { id: true },
      orderBy: { id: 'desc' },
    });
    const session = await tx.session.update({
      where: { id: sessionId },
      data: {
        clearedThroughId: newest?.id ?? 0,
        contextTokens: 0,
        messageCount: 0,
        storedBytes: settingBytes(before),
      },
    });
    const told = await changes.writeWithin(tx, [{ kind: 'HistoryCleared', sessionId }]);
    return { session, freed: Number(before.storedBytes - session.storedBytes), told };
  });
  quotas.release(session.userId, { bytes: freed });
  changes.ring(told);
  await sweep.finish([sessionId]);
  return session;
}

async function refuseLive(tx: Prisma.TransactionClient, sessionId: number): Promise<void> {
  const live = await tx.run.findFirst({ where: { sessionId, status: unfinished }, select: { id: true } });
  if (live === null) return;
  const message = 'This session is answering a prompt. Cancel the run before you clear the history.';
  throw new GatewayError('RUN_IN_PROGRESS', message, { runId: encodeId('Run', live.id) });
}
