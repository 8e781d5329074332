import pg from 'pg';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { readMigrations } from '../migrations/migrations.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { connectionConfig, type PostgresOptions } from './postgres-pool.ts';

/**
 * Opens a connection of its own, applies the missing migrations, and closes the connection when `work` has ended.
 * Statements have no time limit on it: a migration of a large table takes long, and so does waiting for another gateway
 * that applies it.
 *
 * @param work Gets the names of the migrations that were applied.
 * @throws StartupError if the database cannot be used; what `work` throws.
 */
export async function withMigrated<T>(
  options: PostgresOptions,
  work: (client: pg.Client, applied: string[]) => Promise<T>,
): Promise<T> {
  const limits = { statement_timeout: 0, query_timeout: 0, lock_timeout: 0 };
  const client = new pg.Client({ ...connectionConfig(options), ...limits });
  // Without a listener, a connection that breaks between two statements would end the process.
  client.on('error', () => undefined);
  try {
    return await work(client, await migrate(client));
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function migrate(client: pg.Client): Promise<string[]> {
  try {
    await client.connect();
    return await migratePostgres(client, readMigrations('postgresql'), client.database ?? '');
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database at DATABASE_URL cannot be used: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
