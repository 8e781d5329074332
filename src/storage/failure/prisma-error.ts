import { Prisma } from '../../generated/prisma/client.ts';
import { isServerBusy, postgresCode, serverFailure } from './postgres-error.ts';
import { hasSqliteCode, isStatementBusy } from './sqlite-error.ts';

/** Whether a write failed because a unique index already holds the value. */
export function isUniqueConflict(error: unknown): boolean {
  return (
    hasCode(error, 'P2002') ||
    hasSqliteCode(error, 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY') ||
    postgresCode(error) === '23505'
  );
}

/**
 * Whether a statement failed because another process locked the database, or a transaction because it had to wait too
 * long. P2028 covers all failures of transactions: the use of one that has ended, for example, is a fault of the gateway.
 */
export function isDatabaseBusy(error: unknown): boolean {
  return (
    isStatementBusy(error) ||
    isServerBusy(error) ||
    hasCode(error, 'P1008') ||
    (hasCode(error, 'P2028') && tookTooLong.test((error as Error).message))
  );
}

/** Whether a statement failed because the server of the database could not be reached, or takes no more connections. */
export function isDatabaseAway(error: unknown): boolean {
  return serverFailure(error) !== undefined && !isDatabaseBusy(error);
}

/** Prisma's messages for a transaction that could not begin in time, and for one that could not end in time. */
const tookTooLong = /Unable to start a transaction in the given time|expired transaction/;

/** Codes: https://www.prisma.io/docs/orm/reference/error-reference */
function hasCode(error: unknown, code: string): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
}
