import { Prisma } from '../generated/prisma/client.ts';

/** Whether a write failed because a unique index already holds the value. */
export function isUniqueConflict(error: unknown): boolean {
  return hasCode(error, 'P2002');
}

/** Whether a write failed because a row that it refers to, or is meant to change, has been deleted. */
export function isMissingRow(error: unknown): boolean {
  return hasCode(error, 'P2003') || hasCode(error, 'P2025');
}

/** Whether a statement failed because another process locked the database, or because too many transactions waited. */
export function isDatabaseBusy(error: unknown): boolean {
  return hasCode(error, 'P1008') || hasCode(error, 'P2028');
}

/** Codes: https://www.prisma.io/docs/orm/reference/error-reference */
function hasCode(error: unknown, code: string): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
}
