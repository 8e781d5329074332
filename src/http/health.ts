import { Hono } from 'hono';

export interface HealthOptions {
  /** Says why the database cannot be used; undefined if it can. Never rejects. */
  checkDatabase: () => Promise<string | undefined>;
  /** Aborts when the gateway begins to close. */
  closing: AbortSignal;
}

/** How long the result of a check is used, in milliseconds. Anyone may ask as often as they like. */
const freshMs = 1_000;

/**
 * `/live` answers 200 while the process runs. `/ready` answers 503 while the gateway closes or its database cannot be
 * used, for instance because the disk is full, and 200 otherwise. `/health` itself answers as `/ready` does.
 */
export function createHealth({ checkDatabase, closing }: HealthOptions): Hono {
  const check = shareFor(freshMs, checkDatabase);
  return new Hono()
    .get('/live', (c) => c.json({ status: 'ok' }))
    .on('GET', ['/', '/ready'], async (c) => {
      if (closing.aborted) return c.json({ status: 'shutting down' }, 503);
      const fault = await check();
      if (fault === undefined) return c.json({ status: 'ok' });
      return c.json({ status: 'unavailable', checks: { database: fault } }, 503);
    });
}

/** Runs a check at most once at a time, and gives its result to all who ask within `ms` milliseconds of its end. */
function shareFor<T>(ms: number, check: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  let endedAt = Number.POSITIVE_INFINITY;
  return () => {
    if (result === undefined || performance.now() - endedAt > ms) {
      endedAt = Number.POSITIVE_INFINITY;
      result = check().finally(() => {
        endedAt = performance.now();
      });
    }
    return result;
  };
}
