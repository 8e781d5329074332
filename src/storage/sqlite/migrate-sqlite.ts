import { randomUUID } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { StartupError } from '../../config/startup-error.ts';
import { checkHistory, type HistoryRow } from '../migrations/migration-history.ts';
import type { Migration } from '../migrations/migrations.ts';

/** Exactly the table that Prisma creates, so that `prisma migrate deploy` recognises the migrations of the gateway. */
const historyTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

/**
 * Applies the missing migrations, each in its own transaction, and returns their names. Several processes may do this
 * at the same time.
 *
 * @throws StartupError if the history of the database contradicts the migrations; the file is then unchanged.
 */
export function migrate(connection: Sqlite.Database, migrations: readonly Migration[]): string[] {
  // A migration rebuilds a table by dropping it, which must not delete rows of other tables. This pragma has no effect within a transaction.
  connection.pragma('foreign_keys = OFF');
  const applyNext = connection.transaction(() => {
    const [next] = pendingMigrations(connection, migrations);
    if (next !== undefined) apply(connection, next);
    return next?.name;
  });
  const applied: string[] = [];
  for (let name = applyNext.immediate(); name !== undefined; name = applyNext.immediate()) applied.push(name);
  return applied;
}

function apply(connection: Sqlite.Database, { name, sql, checksum }: Migration): void {
  const startedAt = new Date();
  connection.exec(historyTable);
  connection.exec(sql);
  if (connection.prepare('PRAGMA foreign_key_check').all().length > 0) {
    throw new StartupError(`The migration ${name} would leave rows that refer to missing rows.`);
  }
  connection
    .prepare(
      `INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       VALUES (?, ?, ?, ?, ?, 1)`,
    )
    .run(randomUUID(), checksum, timestamp(new Date()), name, timestamp(startedAt));
}

/** Formats a time as Prisma's adapter does. */
function timestamp(date: Date): string {
  return date.toISOString().replace('Z', '+00:00');
}

/**
 * Returns the migrations that the database does not have yet.
 *
 * @throws StartupError as `migrate` does. Changes nothing.
 */
export function pendingMigrations(
  connection: Sqlite.Database,
  migrations: readonly Migration[],
): Migration[] {
  return checkHistory(readHistory(connection), migrations, connection.name);
}

function readHistory(connection: Sqlite.Database): HistoryRow[] {
  const tables = connection
    .prepare<[], string>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all();
  if (tables.length === 0) return [];
  if (!tables.includes('_prisma_migrations')) {
    throw new StartupError(
      `The database ${connection.name} belongs to another program: choose another file.`,
    );
  }
  return connection
    .prepare<[], HistoryRow>(
      'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
    )
    .all();
}
