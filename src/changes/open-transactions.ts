import { openTransactions } from '../storage/statements/changes.ts';
import type { Reader } from '../storage/statements/statement.ts';

/** The ids of transactions in `pg_stat_activity` have only the lower half of their bits. */
const halfRange = 2 ** 32;

/**
 * Reads below which transaction all changes are there, for a read that begins after this. It looks only at this database,
 * where `isSettled` of a row also waits for the transactions of all others on the server. It costs more.
 *
 * PostgreSQL shows the transactions of other users only to some: all gateways must use the database as the same user.
 */
export async function readHorizon(reader: Reader): Promise<number> {
  const rows = await reader.all(openTransactions, []);
  const oldest = rows.map(({ next, open }) => (open === null ? next : wholeId(open, next)));
  return Math.min(...oldest);
}

/** The whole id of an open transaction. One that is not below `next` has begun meanwhile, and counts as `next`. */
function wholeId(open: number, next: number): number {
  const behind = ((next % halfRange) - open + halfRange) % halfRange;
  return behind < halfRange / 2 ? next - behind : next;
}
