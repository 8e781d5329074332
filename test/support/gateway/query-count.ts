import type { Services } from '../../../src/context.ts';
import { notedMessages, takeNoted, textsToIndex } from '../../../src/storage/search/backlog.ts';
import { insertText } from '../../../src/storage/search/message-index.ts';
import { deleteOldAudit } from '../../../src/storage/statements/audit.ts';
import { checkpointAnswer } from '../../../src/storage/statements/exchanges.ts';
import { inactiveOfFeature } from '../../../src/storage/statements/removal.ts';
import { checkpointRun } from '../../../src/storage/statements/run-states.ts';
import { releasedBlobs } from '../../../src/storage/statements/uploads.ts';
import { nextWorkspace } from '../../../src/storage/statements/workspace-removal.ts';

export interface Statement {
  sql: string;
  params: unknown[];
}

export interface StatementLog {
  /**
   * Returns the SQL statements that run during `act`, without those that add messages to the search index: a gateway makes
   * them some seconds after a run. Nothing else may use the database meanwhile.
   */
  during(act: () => Promise<unknown>): Promise<Statement[]>;
}

const indexing = new Set([notedMessages, takeNoted, textsToIndex, insertText].map(({ sql }) => sql));

/**
 * Listens to the statements of a gateway, Prisma's and the prepared ones. Create one log per gateway, because Prisma
 * cannot stop listening.
 */
export function createStatementLog({ database, statements }: Pick<Services, 'database' | 'statements'>) {
  const executed: Statement[] = [];
  database.$on('query', ({ query, params }) => {
    executed.push({ sql: query, params: JSON.parse(params) as unknown[] });
  });
  statements.observe((sql, params) => executed.push({ sql, params: [...params] }));
  return {
    async during(act) {
      const start = executed.length;
      await act();
      return executed.slice(start).filter(({ sql }) => !indexing.has(sql));
    },
  } satisfies StatementLog;
}

/** Leaves out the check of connected nodes, which the gateway makes every 2 seconds: a slow machine makes one meanwhile. */
export function withoutNodeChecks(statements: readonly Statement[]): Statement[] {
  const isCheck = (sql: string) =>
    /^SELECT .*\btokenHash\b.*\bisActive\b. FROM/.test(sql) && !/\bnodeId\b/.test(sql);
  return statements.filter(({ sql }) => !isCheck(sql));
}

const sweeps = new Set(
  [nextWorkspace, releasedBlobs, deleteOldAudit, inactiveOfFeature].map(({ sql }) => sql),
);

/** Leaves out the looks for what can be deleted, which a gateway makes at some moment after its start. */
export function withoutSweeps(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ sql }) => !sweeps.has(sql));
}

/** Leaves out checkpoints: a slow machine saves one even of a short answer. */
export function withoutCheckpoints(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ sql }) => sql !== checkpointAnswer.sql && sql !== checkpointRun.sql);
}
