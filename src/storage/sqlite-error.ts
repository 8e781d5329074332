import Sqlite from 'better-sqlite3';

/** Whether SQLite failed only because another connection holds the file. */
export function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
