import { StartupError } from '../../config/startup-error.ts';
import { postgresCode } from '../failure/postgres-error.ts';

/** A value that no row of the gateway has: somebody else has written to the file. */
export class ForeignValueError extends Error {}

/**
 * What to throw for a failure of the copy of a table: for a row that PostgreSQL does not take, such as one with an unknown
 * status or one that belongs to no session, a sentence that names the table and the reason. Other failures stay as they are.
 */
export function refusedRow(error: unknown, table: string): unknown {
  // The classes of SQLSTATE for values and for constraints.
  const isRow = error instanceof ForeignValueError || /^2[23]...$/.test(postgresCode(error) ?? '');
  if (!isRow) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StartupError(
    `A row of ${table} in --from cannot be copied: ${reason}. Correct or delete it, and run the command again.`,
    { cause: error },
  );
}
