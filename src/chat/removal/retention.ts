import type { Logger } from 'pino';
import { repeatFromStart } from '../../base/repeat.ts';
import { inactiveSessions } from '../../storage/statements/removal.ts';
import { type DeleteSessionsOptions, deleteInactive } from './delete-sessions.ts';
import { sessionsAtOnce } from './removal-sweep.ts';

const [hourMs, dayMs] = [3_600_000, 86_400_000];

export interface RetentionOptions extends DeleteSessionsOptions {
  log: Logger;
}

/**
 * Deletes sessions without activity for so many days, once at the start and then every hour, until the result is disposed.
 * Pinned sessions stay, because somebody said that they shall, and so do those that are answering or wait for somebody.
 * Archived ones are deleted like the others. Several gateways may do this at the same time: each session is hidden by the
 * one that comes first, and the other finds it no more.
 *
 * @param days 0: sessions are kept.
 */
export function startRetention(days: number, options: RetentionOptions): AsyncDisposable | undefined {
  if (days === 0) return undefined;
  return repeatFromStart(hourMs, (closing) =>
    deleteExpired(new Date(Date.now() - days * dayMs), closing, options).catch((err: unknown) =>
      options.log.warn({ err }, 'old sessions could not be deleted; they are tried again in an hour'),
    ),
  );
}

/** @param before Sessions whose last activity was earlier are deleted. */
async function deleteExpired(before: Date, signal: AbortSignal, options: RetentionOptions): Promise<void> {
  const { statements, log } = options;
  const atOnce = sessionsAtOnce[statements.dialect];
  let [after, afterId] = [new Date(0), 0];
  while (!signal.aborted) {
    const page = await statements.all(inactiveSessions, [after, afterId, before, atOnce]);
    const ids = page.map(({ id }) => id);
    const deleted = await deleteInactive(ids, before, options);
    for (const { id: sessionId, userId, lastActivityAt } of deleted) {
      log.info(
        { sessionId, userId, lastActivityAt },
        'a session was deleted, because it had no activity for too long',
      );
    }
    const last = page.at(-1);
    if (last === undefined || page.length < atOnce) return;
    [after, afterId] = [last.lastActivityAt, last.id];
  }
}
