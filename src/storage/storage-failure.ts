import { isDriverAdapterError } from '@prisma/driver-adapter-utils';
import { isDiskFull } from './disk-full.ts';
import { isDatabaseBusy } from './prisma-error.ts';

/**
 * Says why the disk or another program made a statement fail, in words that can follow a colon and name no file.
 * Undefined for other failures, such as a broken unique index.
 */
export function storageFailure(error: unknown): string | undefined {
  if (isDiskFull(error)) return 'the disk is full';
  if (isDatabaseBusy(error)) return 'another program locks the database';
  if (!isDriverAdapterError(error) || error.cause.kind !== 'sqlite') return undefined;
  return ofStorage.test(error.cause.message) ? error.cause.message : undefined;
}

/** Messages of SQLite for SQLITE_IOERR, READONLY, CORRUPT, CANTOPEN and NOTADB: https://sqlite.org/rescode.html */
const ofStorage =
  /^(?:disk I\/O error|attempt to write a readonly database|database disk image is malformed|unable to open database file|file is not a database)$/;
