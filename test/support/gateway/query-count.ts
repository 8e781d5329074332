import type { Database } from '../../../src/storage/database.ts';

export interface Statement {
  sql: string;
  params: unknown[];
}

export interface StatementLog {
  /** What the database is asked while this runs, with nothing else going on. */
  during(act: () => Promise<unknown>): Promise<Statement[]>;
}

/** Listens to a database; there is no way to stop listening, so that one log per database is enough. */
export function createStatementLog(database: Database): StatementLog {
  const statements: Statement[] = [];
  database.$on('query', ({ query, params }) => {
    statements.push({ sql: query, params: JSON.parse(params) as unknown[] });
  });
  return {
    async during(act) {
      const start = statements.length;
      await act();
      return statements.slice(start);
    },
  };
}

/** How SQLite would carry a statement out, step by step. */
export async function queryPlan(database: Database, { sql, params }: Statement): Promise<string[]> {
  const steps = await database.$queryRawUnsafe<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, ...params);
  return steps.map(({ detail }) => detail);
}
