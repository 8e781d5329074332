import Sqlite from 'better-sqlite3';
import { messageOf } from '../../base/caught-error.ts';
import { driverFailure } from './driver-failure.ts';

/** Whether SQLite failed only because another connection locks the file. */
export function isSqliteBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Whether a statement, Prisma's or a prepared one, failed only because another process locks the database. */
export function isStatementBusy(error: unknown): boolean {
  return isSqliteBusy(error) || driverFailure(error)?.kind === 'SocketTimeout';
}

/** Whether SQLite failed with one of these codes: https://sqlite.org/rescode.html */
export function hasSqliteCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Sqlite.SqliteError && codes.includes(error.code);
}

/** Says why SQLite failed, in words that can follow a colon. */
export function sqliteReason(error: unknown): string {
  const code = error instanceof Sqlite.SqliteError ? error.code : '';
  if (code === 'SQLITE_NOTADB') return 'the file is not an SQLite database';
  if (code.startsWith('SQLITE_CORRUPT')) return 'the file is damaged; restore a backup';
  return messageOf(error);
}
