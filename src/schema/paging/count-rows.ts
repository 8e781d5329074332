import DataLoader from 'dataloader';
import { groupBy } from '../../base/group-by.ts';
import type { Context } from '../../context.ts';
import { idList } from '../../storage/statements/dialect.ts';
import type { SessionCount } from '../../storage/statements/messages.ts';
import { countOfNodes, countOfOwnNodes } from '../../storage/statements/nodes.ts';
import type { Parameter, Statement } from '../../storage/statements/statement.ts';

/** Bytes that are read for each row that is counted: its entry in an index. */
const indexEntryBytes = 8;

/**
 * Counts rows and charges the result for what was read.
 *
 * @param statement Counts the entries of an index, and has a bound.
 */
export async function countRows(
  { statements, resultBudget }: Context,
  statement: Statement<{ count: number }>,
  parameters: readonly Parameter[],
): Promise<number> {
  const count = (await statements.get(statement, parameters))?.count ?? 0;
  chargeCounted({ resultBudget }, count);
  return count;
}

/** Charges a result for rows that were counted. */
export function chargeCounted({ resultBudget }: Pick<Context, 'resultBudget'>, count: number): void {
  resultBudget.load(count * indexEntryBytes);
}

/** The same for a list whose only page has been read: counts nothing, and charges the same. */
export function countPage(context: Context, page: readonly unknown[], upTo: number): number {
  const count = Math.min(page.length, upTo);
  chargeCounted(context, count);
  return count;
}

/** A list of a session that is to be counted, at most up to a number. */
export interface CountInSession {
  sessionId: number;
  upTo: number;
}

/**
 * A loader that counts lists of many sessions with one statement, and charges the result for what was read.
 *
 * @param parametersOf The parameters of the statement: `ids` is an `idList` of sessions, and `upTo` where to stop counting.
 */
export function countLoader(
  context: Context,
  counts: Statement<SessionCount>,
  parametersOf: (ids: string, upTo: number) => Parameter[],
): DataLoader<CountInSession, number> {
  return new DataLoader(
    async (asked) => {
      const found = new Map<string, number>();
      for (const [upTo, same] of groupBy(asked, (each) => each.upTo)) {
        const ids = idList(same.map(({ sessionId }) => sessionId));
        for (const { sessionId, count } of await context.statements.all(counts, parametersOf(ids, upTo))) {
          found.set(`${sessionId} ${upTo}`, count);
          chargeCounted(context, count);
        }
      }
      return asked.map(({ sessionId, upTo }) => found.get(`${sessionId} ${upTo}`) ?? 0);
    },
    { cache: false },
  );
}

/** Counts the nodes of a user, or those of all users, at most `upTo`. */
export function countAgentNodes(context: Context, userId: string | undefined, upTo: number): Promise<number> {
  return userId === undefined
    ? countRows(context, countOfNodes, [upTo])
    : countRows(context, countOfOwnNodes, [userId, userId, upTo]);
}
