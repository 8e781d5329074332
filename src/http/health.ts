import { Hono } from 'hono';

export interface HealthOptions {
  /** Says why the database cannot be used; undefined if it can. Never rejects. */
  checkDatabase: () => Promise<string | undefined>;
  /** The same for Redis. Undefined where the gateway uses none. */
  checkRedis?: (() => Promise<string | undefined>) | undefined;
  /** Aborts when the gateway begins to close. */
  closing: AbortSignal;
}

/** How long the result of a check is used, in milliseconds. Anyone may ask as often as they like. */
const freshMs = 1_000;

/**
 * `/live` answers 200 while the process runs. `/ready` answers 503 while the gateway closes or its database cannot be
 * used, for instance because the disk is full, and 200 otherwise. Without Redis a gateway serves its clients, more slowly
 * where other gateways take part: it answers 200 and says so. `/health` itself answers as `/ready` does.
 */
export function createHealth({ checkDatabase, checkRedis, closing }: HealthOptions): Hono {
  const check = shareFor(freshMs, async () => {
    const [database, redis] = await Promise.all([checkDatabase(), checkRedis?.()]);
    return { ...(database && { database }), ...(redis && { redis }) };
  });
  return new Hono()
    .get('/live', (c) => c.json({ status: 'ok' }))
    .on('GET', ['/', '/ready'], async (c) => {
      if (closing.aborted) return c.json({ status: 'shutting down' }, 503);
      const checks = await check();
      if (checks.database !== undefined) return c.json({ status: 'unavailable', checks }, 503);
      return c.json(checks.redis === undefined ? { status: 'ok' } : { status: 'degraded', checks });
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
