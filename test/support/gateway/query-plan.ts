import type { Database } from '../../../src/storage/database.ts';
import { plannedOnce } from '../../../src/storage/statements/dialect.ts';
import type { Statement } from './query-count.ts';

/** The steps in which SQLite would execute a statement. */
export async function queryPlan(database: Database, { sql, params }: Statement): Promise<string[]> {
  const planned = `EXPLAIN QUERY PLAN ${plannedOnce(sql)}`;
  const steps = await database.$queryRawUnsafe<{ detail: string }[]>(planned, ...params);
  return steps.map(({ detail }) => detail);
}
