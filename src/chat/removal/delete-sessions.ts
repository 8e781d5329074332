import { maxId } from '../../base/global-id.ts';
import { type Actor, noteDeeds } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  busySessions,
  type HiddenSession,
  hideInactive,
  hideSessions,
} from '../../storage/statements/hiding.ts';
import { newestSessionIds, type SessionOwner } from '../../storage/statements/sessions.ts';
import type { Reader, Statements, Writer } from '../../storage/statements/statement.ts';
import { type RemovalSweep, sessionsAtOnce } from './removal-sweep.ts';

export interface DeleteSessionsOptions {
  statements: Statements;
  sweep: RemovalSweep;
  /** Cancels the live run of a session and its queued runs. */
  cancelRuns(sessionId: number): Promise<unknown>;
  /** Detaches all nodes of sessions within the transaction that deletes the sessions. */
  detachAllWithin(tx: Writer, sessionIds: readonly number[]): Promise<void>;
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
  actor?: Actor,
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
        actor,
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
export async function deleteSession(
  id: number,
  options: DeleteSessionsOptions,
  actor?: Actor,
): Promise<void> {
  await deleteOf([id], options, actor);
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
): Promise<HiddenSession[]> {
  if (sessionIds.length === 0) return [];
  const { sessions } = await hideIdle(sessionIds, options, { before });
  await options.sweep.finish(sessions.map(({ id }) => id));
  return sessions;
}

async function deleteOf(
  sessionIds: number[],
  options: DeleteSessionsOptions,
  actor: Actor | undefined,
): Promise<number[]> {
  const hidden = await cancelAndHide(sessionIds, options, actor);
  await options.sweep.finish(hidden);
  return hidden;
}

/** Tries again when a prompt arrives after the cancellation, so that no run outlives its session. */
async function cancelAndHide(
  sessionIds: number[],
  options: DeleteSessionsOptions,
  actor: Actor | undefined,
): Promise<number[]> {
  const hidden: number[] = [];
  let left = sessionIds;
  for (let tries = 0; left.length > 0 && tries < maxDeleteTries; tries += 1) {
    for (const id of await busyOf(options.statements, left)) await options.cancelRuns(id);
    const done = await hideIdle(left, options, { actor });
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
 * @param of `before`: hides only those that are not pinned and have had no activity since this time. `actor`: who deletes them;
 *   undefined for the gateway itself.
 */
async function hideIdle(
  sessionIds: number[],
  options: DeleteSessionsOptions,
  { before, actor }: { before?: Date; actor?: Actor | undefined },
) {
  const { statements, quotas, changes } = options;
  const { busy, sessions, told } = await statements.transaction(async (tx) => {
    await tx.lockSessions(sessionIds);
    const busy = await busyOf(tx, sessionIds);
    const idle = sessionIds.filter((id) => !busy.includes(id));
    const sessions = await hide(tx, idle, before);
    await options.detachAllWithin(
      tx,
      sessions.map(({ id }) => id),
    );
    const deleted = sessions.map(
      ({ id, userId }) => ({ kind: 'SessionDeleted', sessionId: id, userId }) as const,
    );
    await noteDeeds(
      tx,
      actor,
      sessions.map(({ id, userId: ownerId }) => ({
        action: 'SESSION_DELETED',
        ownerId,
        subject: `Session:${id}`,
      })),
    );
    return { busy, sessions, told: await changes.write(tx, deleted) };
  });
  for (const { userId, storedBytes } of sessions) {
    quotas.release(userId, { sessions: 1, bytes: Number(storedBytes) });
  }
  changes.ring(told);
  return { busy, sessions, hidden: sessions.map(({ id }) => id) };
}

/** Newest first. */
async function hide(tx: Writer, ids: number[], before: Date | undefined): Promise<HiddenSession[]> {
  const parameters = [new Date(), maxId, idList(ids)];
  const hidden = before
    ? await tx.all(hideInactive, [...parameters, before])
    : await tx.all(hideSessions, parameters);
  return hidden.toSorted((a, b) => b.id - a.id);
}

/** The ids of those sessions that have a live or queued run. */
async function busyOf(reader: Reader, sessionIds: number[]): Promise<number[]> {
  return (await reader.all(busySessions, [idList(sessionIds)])).map(({ id }) => id);
}
