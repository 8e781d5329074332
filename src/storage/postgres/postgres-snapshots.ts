import pg from 'pg';
import type { Snapshots } from '../database.ts';
import { connectionConfig, type PostgresOptions } from './postgres-pool.ts';
import { writersOn } from './postgres-statements.ts';

/** Transactions that see what was committed before their first statement. */
export async function openPostgresSnapshots(options: PostgresOptions): Promise<Snapshots> {
  const client = new pg.Client(connectionConfig(options));
  // Without a listener, a connection that breaks between two statements would end the process.
  client.on('error', () => undefined);
  await client.connect();
  const reader = writersOn(() => {})(client);
  return {
    async read(work) {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      try {
        return await work(reader);
      } finally {
        await client.query('COMMIT').catch(() => undefined);
      }
    },
    [Symbol.asyncDispose]: () => client.end().catch(() => undefined),
  };
}
