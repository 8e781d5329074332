import pg from 'pg';
import { toPostgres } from '../../../src/storage/statements/dialect.ts';
import type { Statement } from './query-count.ts';

/** How PostgreSQL plans a prepared statement: for the values of its parameters, or once for all values. */
const planModes = ['force_custom_plan', 'force_generic_plan'];

/** What PostgreSQL reads to execute a statement. */
export interface ReadCost {
  /** Blocks of tables and indexes. */
  blocks: number;
  /** Rows of tables and entries of indexes. */
  rows: number;
}

/** A step of a plan, as EXPLAIN (FORMAT JSON) shows it. */
interface PlanStep {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanStep[];
}

/**
 * What PostgreSQL reads to execute each of these statements, with the plan that reads more of the two that it may choose.
 *
 * @param statements They only read.
 */
export async function readCosts(url: string, statements: readonly Statement[]): Promise<ReadCost[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const costs = statements.map(() => ({ blocks: 0, rows: 0 }));
    for (const mode of planModes) {
      await client.query(`SET plan_cache_mode = ${mode}`);
      for (const [index, { sql, params }] of statements.entries()) {
        const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanStep }] }>(
          `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${toPostgres(sql)}`,
          params,
        );
        const plan = rows[0]?.['QUERY PLAN'][0].Plan;
        const before = costs[index];
        if (!plan || !before) continue;
        const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
        costs[index] = {
          blocks: Math.max(before.blocks, blocks),
          rows: Math.max(before.rows, scannedRows(plan)),
        };
      }
    }
    return costs;
  } finally {
    await client.end();
  }
}

function scannedRows(step: PlanStep): number {
  const own = / Scan$/.test(step['Node Type'])
    ? (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)) * step['Actual Loops']
    : 0;
  return (step.Plans ?? []).reduce((sum, each) => sum + scannedRows(each), own);
}
