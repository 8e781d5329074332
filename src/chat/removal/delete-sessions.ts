import { maxId } from '../../base/global-id.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Prisma, Session } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { lockSessions } from '../../storage/lock-sessions.ts';
import { newestSessionIds, type SessionOwner } from '../../storage/statements/sessions.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { type RemovalSweep, sessionsAtOnce } from './removal-sweep.ts';
import { unfinished } from './unfinished-runs.ts';

export interface DeleteSessionsOptions {
  database: Database;
  statements: Statements;
  sweep: RemovalSweep;
  /** Cancels the live run of a session and its queued runs. */
  cancelRuns(sessionId: number): Promise<unknown>;
  /** Detaches all nodes of sessions within the transaction that deletes the sessions. */
  detachAllWithin(tx: Prisma.TransactionClient, sessionIds: number[]): Promise<void>;
  quotas: Quotas;
  changes: ChangeLog;
}

/** How often the gateway tries to delete a session to which a client keeps sending prompts. */
const maxDeleteTries = 10;

/**
 * Deletes the sessions of an owner, newest first and some at a time. One short transaction hides them from all readers;
 * their rows are deleted in pieces after that. Stops between two pieces when the signal aborts.
 *
 * @returns The ids of the sessions that were deleted.
 * @throws GatewayError RUN_IN_PROGRESS.
 */
export async function deleteSessions(
  owner: SessionOwner,
  signal: AbortSignal | undefined,
  options: DeleteSessionsOptions,
): Promise<number[]> {
  const { statement, parameters } = newestSessionIds(owner);
  const atOnce = sessionsAtOnce[options.statements.dialect];
  const deleted: number[] = [];
  for (let before = maxId; before > 0 && !signal?.aborted; ) {
    const ends = [...parameters, 0, ...parameters, before];
    const page = await options.statements.all(statement, [...ends, atOnce]);
    before = page.length < atOnce ? 0 : (page.at(-1)?.id ?? 0);
    deleted.push(
      ...(await deleteOf(
        page.map(({ id }) => id),
        options,
      )),
    );
  }
  return deleted;
}

/**
 * Deletes a session, as `deleteSessions` does.
 *
 * @throws GatewayError RUN_IN_PROGRESS.
 */
export async function deleteSession(id: number, options: DeleteSessionsOptions): Promise<void> {
  await deleteOf([id], options);
}

/**
 * Deletes those of some sessions that have had no activity since a time, are not pinned, and are neither answering nor
 * waiting. Nothing is cancelled for it.
 *
 * @returns The sessions that were deleted.
 */
export async function deleteInactive(
  sessionIds: number[],
  before: Date,
  options: DeleteSessionsOptions,
): Promise<Pick<Session, 'id' | 'userId' | 'lastActivityAt'>[]> {
  if (sessionIds.length === 0) return [];
  const inactive = { lastActivityAt: { lt: before }, pinnedAt: null };
  const { sessions } = await hideIdle(sessionIds, options, inactive);
  await options.sweep.finish(sessions.map(({ id }) => id));
  return sessions;
}

async function deleteOf(sessionIds: number[], options: DeleteSessionsOptions): Promise<number[]> {
  const hidden = await cancelAndHide(sessionIds, options);
  await options.sweep.finish(hidden);
  return hidden;
}

/** Tries again when a prompt arrives after the cancellation, so that no run outlives its session. */
async function cancelAndHide(sessionIds: number[], options: DeleteSessionsOptions): Promise<number[]> {
  const hidden: number[] = [];
  let left = sessionIds;
  for (let tries = 0; left.length > 0 && tries < maxDeleteTries; tries += 1) {
    for (const id of await busyOf(options.database, left)) await options.cancelRuns(id);
    const done = await hideIdle(left, options);
    hidden.push(...done.hidden);
    left = done.busy;
  }
  if (left.length === 0) return hidden;
  // The sessions that are hidden already stay deleted.
  void options.sweep.finish(hidden);
  throw new GatewayError(
    'RUN_IN_PROGRESS',
    'The session cannot be deleted now, because prompts keep arriving.',
  );
}

/**
 * Hides the sessions that have no live or queued run, and tells their followers and the quotas.
 *
 * @param only What must be true of a session besides.
 */
async function hideIdle(
  sessionIds: number[],
  options: DeleteSessionsOptions,
  only: Prisma.SessionWhereInput = {},
) {
  const { database, quotas, changes } = options;
  const { busy, sessions, told } = await database.$transaction(async (tx) => {
    await lockSessions(tx, sessionIds);
    const busy = await busyOf(tx, sessionIds);
    const idle = sessionIds.filter((id) => !busy.includes(id));
    const sessions = await tx.session.updateManyAndReturn({
      where: { id: { in: idle }, ...notDeleted, ...only },
      data: { deletedAt: new Date(), clearedThroughId: maxId },
      select: { id: true, userId: true, storedBytes: true, lastActivityAt: true },
    });
    await options.detachAllWithin(
      tx,
      sessions.map(({ id }) => id),
    );
    const deleted = sessions.map(
      ({ id, userId }) => ({ kind: 'SessionDeleted', sessionId: id, userId }) as const,
    );
    return { busy, sessions, told: await changes.writeWithin(tx, deleted) };
  });
  for (const { userId, storedBytes } of sessions) {
    quotas.release(userId, { sessions: 1, bytes: Number(storedBytes) });
  }
  changes.ring(told);
  return { busy, sessions, hidden: sessions.map(({ id }) => id) };
}

/** The ids of those sessions that have a live or queued run. */
async function busyOf(tx: Pick<Prisma.TransactionClient, 'run'>, sessionIds: number[]): Promise<number[]> {
  const runs = await tx.run.findMany({
    where: { sessionId: { in: sessionIds }, status: unfinished },
    select: { sessionId: true },
    distinct: ['sessionId'],
  });
  return runs.map(({ sessionId }) => sessionId);
}
