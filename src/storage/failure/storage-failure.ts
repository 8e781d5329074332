import Sqlite from 'better-sqlite3';
import { isDiskFull } from './disk-full.ts';
import { driverFailure } from './driver-failure.ts';
import { serverFailure } from './postgres-error.ts';
import { isDatabaseBusy } from './prisma-error.ts';

/**
 * Says why the disk or another program made a statement fail, in words that can follow a colon and name no file.
 * Undefined for other failures, such as a broken unique index.
 */
export function storageFailure(error: unknown): string | undefined {
  if (isDiskFull(error)) return 'the disk is full';
  if (isDatabaseBusy(error)) return 'another program locks the database';
  const ofServer = serverFailure(error);
  if (ofServer !== undefined) return ofServer;
  const failure = driverFailure(error);
  const ofPrisma = failure?.kind === 'sqlite' ? failure.message : '';
  const message = error instanceof Sqlite.SqliteError ? error.message : ofPrisma;
  return ofStorage.test(message) ? message : undefined;
}

/** Messages of SQLite for SQLITE_IOERR, READONLY, CORRUPT, CANTOPEN and NOTADB: https://sqlite.org/rescode.html */
const ofStorage =
  /^(?:disk I\/O error|attempt to write a readonly database|database disk image is malformed|unable to open database file|file is not a database)$/;
