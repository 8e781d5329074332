import { z } from 'zod';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';

/** The highest number up to which a list is counted: it takes a few milliseconds. */
const maxCounted = 100_000;

/** The argument `upTo` of `totalCount`. */
export const countBound = z
  .int()
  .min(1, 'expected at least 1')
  .max(maxCounted, `expected at most ${maxCounted}`);

export const countDescription =
  'How many items the whole list has, counted up to `upTo`: a longer list has `upTo` here.';
export const countBoundDescription = `Where to stop counting: 1 to ${maxCounted}. It keeps the cost of a long list low.`;

/** A connection whose items can be counted. */
export interface Counted {
  /** Counts the items of the whole list, at most `upTo`. */
  count(upTo: number): Promise<number>;
}

/** Bytes that are read for each row that is counted: its entry in an index. */
const indexEntryBytes = 8;

/**
 * Counts the rows of a table that meet a condition, stops at `upTo`, and charges the result for what was read. The
 * condition must be one for an index.
 */
export async function countRows(
  { database, resultBudget }: Context,
  table: 'Session' | 'Message',
  condition: Prisma.Sql,
  upTo: number,
): Promise<number> {
  const [counted] = await database.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) AS "count" FROM (
      SELECT 1 FROM ${Prisma.raw(`"${table}"`)} WHERE ${condition} LIMIT ${upTo}
    ) AS "rows"`;
  const count = Number(counted?.count ?? 0);
  resultBudget.load(count * indexEntryBytes);
  return count;
}
