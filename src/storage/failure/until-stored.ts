import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { storageFailure } from './storage-failure.ts';

/** Milliseconds between two tries. */
const retryMs = 1_000;
/** How long a write is tried again, in milliseconds. After that it fails, so that those who wait for it learn of it. */
const longestMs = 60_000;

/**
 * Repeats a write of a run while the disk is full or another program locks the database: a model has answered, a tool
 * has run, or the user has decided, and a run that failed at once would throw that away.
 *
 * @param options `signal` aborts when the run is cancelled. Then the write is not tried again.
 * @throws What the last try threw.
 */
export async function untilStored<T>(
  write: () => Promise<T>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<T> {
  const deadline = performance.now() + longestMs;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      const isFinal = storageFailure(error) === undefined || performance.now() >= deadline;
      if (signal.aborted || isFinal) throw error;
      log.warn({ err: error }, 'a step or a tool call could not be saved; its run waits and tries again');
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
