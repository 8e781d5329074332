import { Hono } from 'hono';
import type { Database } from '../storage/database.ts';

export interface HealthOptions {
  database: Database;
  /** Aborts when the gateway takes no new work. */
  closing: AbortSignal;
}

/** `/health/live`: the process answers. `/health/ready`: it can work, 503 when not. */
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
