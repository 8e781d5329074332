import type { Logger } from 'pino';
import { repeatFromStart } from '../../base/repeat.ts';
import { unstoredFeature } from '../../base/unstored-feature.ts';
import { inactiveOfFeature, inactiveSessions } from '../../storage/statements/removal.ts';
import { type DeleteSessionsOptions, deleteInactive } from './delete-sessions.ts';
import { sessionsAtOnce } from './removal-sweep.ts';

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
/** A client may still be reading an answer that has ended. */
const unstoredMs = 10 * minuteMs;

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

/**
 * Deletes sessions that were to go with their answer (`store: false`) and that a client has left: one that never brought the
 * results of its tools, for example. Those that are answering or wait for their client stay.
 */
export function sweepUnstored(options: RetentionOptions): AsyncDisposable {
  return repeatFromStart(minuteMs, (closing) =>
    deleteExpired(new Date(Date.now() - unstoredMs), closing, options, unstoredFeature).catch(
      (err: unknown) =>
        options.log.warn(
          { err },
          'sessions that are not to be stored could not be deleted; they are tried again in a minute',
        ),
    ),
  );
}

/**
 * @param before Sessions whose last activity was earlier are deleted.
 * @param featureName Only sessions of this part of the application. Default: of all.
 */
async function deleteExpired(
  before: Date,
  signal: AbortSignal,
  options: RetentionOptions,
  featureName?: string,
): Promise<void> {
  const { statements, log } = options;
  const atOnce = sessionsAtOnce[statements.dialect];
  let [after, afterId] = [new Date(0), 0];
  while (!signal.aborted) {
    const range = [after, afterId, before, atOnce];
    const page =
      featureName === undefined
        ? await statements.all(inactiveSessions, range)
        : await statements.all(inactiveOfFeature, [featureName, ...range]);
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
