import { Hono } from 'hono';
import type { Database } from '../storage/database.ts';

export interface HealthOptions {
  database: Database;
  /** Aborts when the gateway begins to close. */
  closing: AbortSignal;
}

/**
 * `/live` answers 200 while the process runs. `/ready` answers 503 while the gateway closes or its database does not
 * answer, and 200 otherwise.
 */
export function createHealth({ database, closing }: HealthOptions): Hono {
  return new Hono()
    .get('/live', (c) => c.json({ status: 'ok' }))
    .get('/ready', async (c) => {
      if (closing.aborted) return c.json({ status: 'shutting down' }, 503);
      try {
        await database.$queryRaw`SELECT 1`;
        return c.json({ status: 'ok' });
      } catch {
        return c.json({ status: 'the database does not answer' }, 503);
      }
    });
}
