import { groupBy } from '../../base/group-by.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { type PageRow, pagesOfBranches, pagesOfMessages } from '../../storage/statements/messages.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import type { Page } from './page.ts';

/**
 * Finds the same page of the branches that sessions show, without the texts of the messages, in any order. A session that
 * was never branched takes one statement together with all others of its kind; the branched ones take one more together.
 */
export async function findMessages(
  statements: Reader,
  { order, after, before, limit }: Page,
  sessionIds: readonly number[],
): Promise<PageRow[]> {
  const rows = await statements.all(pagesOfMessages[order], [idList(sessionIds), after, before, limit]);
  const branched = new Set(rows.flatMap(({ sessionId, lineId }) => (lineId > 0 ? sessionId : [])));
  if (branched.size === 0) return rows;
  const found = await statements.all(pagesOfBranches[order], [idList(branched), after, before, limit, limit]);
  const sign = order === 'asc' ? 1 : -1;
  const pages = groupBy(
    found.toSorted((a, b) => sign * (a.id - b.id)),
    ({ sessionId }) => sessionId,
  );
  return [
    ...rows.filter(({ sessionId }) => !branched.has(sessionId)),
    ...[...pages.values()].flatMap((rows) => rows.slice(0, limit)),
  ];
}
