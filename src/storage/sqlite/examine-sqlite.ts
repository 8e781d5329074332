import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { StartupError } from '../../config/startup-error.ts';
import { sqliteReason } from '../failure/sqlite-error.ts';
import { readMigrations } from '../migrations/migrations.ts';
import { databaseFile } from './database-file.ts';
import { pendingMigrations } from './migrate-sqlite.ts';

/** See `examineDatabase`; `hasData`: a gateway has used the file. Reads the whole file, which takes about a second for each gigabyte. */
export function examineSqlite(url: string): { exists: boolean; pending: string[]; hasData: boolean } {
  const file = databaseFile(url);
  const migrations = readMigrations();
  if (!existsSync(file))
    return { exists: false, pending: migrations.map(({ name }) => name), hasData: false };
  try {
    const connection = new Sqlite(file, { readonly: true, timeout: 5_000 });
    try {
      const pending = pendingMigrations(connection, migrations).map(({ name }) => name);
      checkIntegrity(connection);
      return { exists: true, pending, hasData: pending.length < migrations.length };
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database ${file} cannot be read: ${sqliteReason(error)}.`, { cause: error });
  }
}

/** @throws StartupError if the file is damaged. */
export function checkIntegrity(connection: Sqlite.Database): void {
  const found = connection.pragma('quick_check(1)', { simple: true });
  if (found === 'ok') return;
  throw new StartupError(
    `The database ${connection.name} is damaged: restore a backup. SQLite says: ${found}.`,
  );
}
