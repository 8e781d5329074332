import { setTimeout as delay } from 'node:timers/promises';
import { createLock } from '../../base/lock.ts';
import { isStatementBusy } from '../failure/sqlite-error.ts';

/** Milliseconds between two tries of a statement while another process locks the database. */
const retryMs = 20;

/** Tries a statement again while it fails with SQLITE_BUSY. */
export type RetryBusy = <T>(statement: () => Promise<T>) => Promise<T>;

/**
 * Waits for other processes that lock the database, without blocking the event loop as SQLite's own wait would. Of the
 * statements that wait, only the oldest one tries again, so that a thousand waiting statements cost no more than one.
 *
 * @param timeoutMs How long a statement may wait, in milliseconds. After that its error is thrown.
 */
export function createRetryBusy(timeoutMs: number): RetryBusy {
  const acquire = createLock();
  return async (statement) => {
    try {
      return await statement();
    } catch (error) {
      if (!isStatementBusy(error)) throw error;
    }
    const deadline = performance.now() + timeoutMs;
    const release = await acquire();
    try {
      for (;;) {
        try {
          return await statement();
        } catch (error) {
          if (!isStatementBusy(error) || performance.now() >= deadline) throw error;
        }
        await delay(retryMs);
      }
    } finally {
      release();
    }
  };
}
