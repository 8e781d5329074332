import type { Database } from '../../../src/storage/database.ts';

export interface Statement {
  sql: string;
  params: unknown[];
}

export interface StatementLog {
  /** Returns the SQL statements that run during `act`. Nothing else may use the database meanwhile. */
  during(act: () => Promise<unknown>): Promise<Statement[]>;
}

/** Listens to the statements of a database. Create one log per database, because Prisma cannot stop listening. */
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

/** The steps in which SQLite would execute a statement. */
export async function queryPlan(database: Database, { sql, params }: Statement): Promise<string[]> {
  const steps = await database.$queryRawUnsafe<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, ...params);
  return steps.map(({ detail }) => detail);
}
