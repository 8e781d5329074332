import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { storageFailure } from './storage-failure.ts';

/** Milliseconds between two tries. */
const retryMs = 1_000;
/** How long it is tried again, in milliseconds. After that it fails, so that those who wait for it learn of it. */
const longestMs = 60_000;

/**
 * Repeats what a run reads or writes while the disk is full, another program locks the database, or its server is away: a
 * prompt was accepted, a model has answered, a tool has run, or the user has decided, and a run that failed at once would
 * throw that away.
 *
 * @param options `signal` aborts when the run is cancelled. Then nothing is tried again.
 * @throws What the last try threw.
 */
export async function untilStored<T>(
  work: () => Promise<T>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<T> {
  const deadline = performance.now() + longestMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isFinal = storageFailure(error) === undefined || performance.now() >= deadline;
      if (signal.aborted || isFinal) throw error;
      log.warn({ err: error }, 'a part of a run could not be read or saved; its run waits and tries again');
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
