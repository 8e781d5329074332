import pg from 'pg';
import { toPostgres } from '../../../src/storage/statements/dialect.ts';
import type { Statement } from './query-count.ts';

/** How PostgreSQL plans a prepared statement: for the values of its parameters, or once for all values. */
const planModes = ['force_custom_plan', 'force_generic_plan'];

/**
 * The blocks of tables and indexes that PostgreSQL reads to execute each of these statements, with the plan that reads
 * more of the two that it may choose.
 *
 * @param statements They only read.
 */
export async function blocksRead(url: string, statements: readonly Statement[]): Promise<number[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const blocks = statements.map(() => 0);
    for (const mode of planModes) {
      await client.query(`SET plan_cache_mode = ${mode}`);
      for (const [index, { sql, params }] of statements.entries()) {
        const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${toPostgres(sql)}`,
          params,
        );
        const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
        const read = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
        blocks[index] = Math.max(blocks[index] ?? 0, read);
      }
    }
    return blocks;
  } finally {
    await client.end();
  }
}
