import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';

/** Bytes that are read for each row that is counted: its entry in an index. */
export const indexEntryBytes = 8;

/**
 * Counts the rows of a table that meet a condition, stops at `upTo`, and charges the result for what was read. The
 * condition must be one for an index.
 */
export async function countRows(
  { database, resultBudget }: Context,
  table: 'Session' | 'Message' | 'Run' | 'AgentNode',
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

/** Counts the nodes of a user, or those of all users, at most `upTo`. */
export function countAgentNodes(context: Context, userId: string | undefined, upTo: number): Promise<number> {
  const condition = userId === undefined ? Prisma.sql`TRUE` : Prisma.sql`"userId" = ${userId}`;
  return countRows(context, 'AgentNode', condition, upTo);
}
