import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { StartupError } from '../../config/startup-error.ts';
import { checkHistory, type HistoryRow } from '../migrations/migration-history.ts';
import type { Migration } from '../migrations/migrations.ts';

/** Exactly the table that Prisma creates, so that `prisma migrate deploy` recognises the migrations of the gateway. */
const historyTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"              VARCHAR(64) NOT NULL,
    "finished_at"           TIMESTAMPTZ,
    "migration_name"        VARCHAR(255) NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        TIMESTAMPTZ,
    "started_at"            TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count"   INTEGER NOT NULL DEFAULT 0
)`;

/** The advisory lock that Prisma's migrations take, too: https://www.prisma.io/docs/orm/prisma-migrate/workflows/development-and-production#advisory-locking */
const prismaLock = 72_707_369;

/**
 * Applies the missing migrations, each in its own transaction, and returns their names. Gateways that start at the same
 * time wait for each other.
 *
 * @param client A connection of its own, without a time limit: a migration of a large table takes long.
 * @param name The database, for messages.
 * @throws StartupError if the history of the database contradicts the migrations; the database is then unchanged.
 */
export async function migratePostgres(
  client: pg.Client,
  migrations: readonly Migration[],
  name: string,
): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [prismaLock]);
  try {
    const applied: string[] = [];
    for (const migration of await pendingPostgresMigrations(client, migrations, name)) {
      await apply(client, migration);
      applied.push(migration.name);
    }
    return applied;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [prismaLock]);
  }
}

/**
 * Returns the migrations that the database does not have yet.
 *
 * @throws StartupError as `migratePostgres` does. Changes nothing.
 */
export async function pendingPostgresMigrations(
  client: pg.Client,
  migrations: readonly Migration[],
  name: string,
): Promise<Migration[]> {
  return checkHistory(await readHistory(client, name), migrations, name);
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const startedAt = new Date();
  await client.query('BEGIN');
  try {
    await client.query(historyTable);
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       VALUES ($1, $2, $3, $4, $5, 1)`,
      [randomUUID(), checksum, new Date(), name, startedAt],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function readHistory(client: pg.Client, name: string): Promise<HistoryRow[]> {
  const { rows } = await client.query<{ table_name: string }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`,
  );
  if (rows.length === 0) return [];
  if (!rows.some((row) => row.table_name === '_prisma_migrations')) {
    throw new StartupError(`The database ${name} belongs to another program: choose another database.`);
  }
  const history = await client.query<HistoryRow>(
    'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
  );
  return history.rows;
}
