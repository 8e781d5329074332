import type { Database } from '../../../src/storage/database.ts';
import type { Statement } from './query-count.ts';

/** The steps in which SQLite would execute a statement. */
export async function queryPlan(database: Database, { sql, params }: Statement): Promise<string[]> {
  const steps = await database.$queryRawUnsafe<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, ...params);
  return steps.map(({ detail }) => detail);
}
