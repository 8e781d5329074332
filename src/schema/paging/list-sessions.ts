import { maxId } from '../../base/global-id.ts';
import type { Context } from '../../context.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { countRows } from './count-rows.ts';
import type { Page } from './page.ts';
import { type OwnFilter, ownCondition, searchSessionIds } from './search-sessions.ts';

export interface SessionFilter extends OwnFilter {
  /** Text in the title. The case of ASCII letters does not matter. */
  search?: string | null | undefined;
}

export async function findSessions(
  context: Pick<Context, 'database' | 'signal'>,
  { search, ...filter }: SessionFilter,
  page: Page,
): Promise<Session[]> {
  const { userId, featureName } = filter;
  const { after, before, limit, order } = page;
  const own = { ...(userId != null && { userId }), ...(featureName != null && { featureName }) };
  const id = search
    ? { in: await searchSessionIds(context, { ...filter, search }, page) }
    : { gt: after, lt: before };
  return context.database.session.findMany({
    where: { ...own, ...notDeleted, id },
    orderBy: { id: order },
    take: limit,
  });
}

/** Counts the sessions that match, at most `upTo`. */
export async function countSessions(
  context: Context,
  { search, ...filter }: SessionFilter,
  upTo: number,
): Promise<number> {
  if (!search) return countRows(context, 'Session', ownCondition(filter), upTo);
  const everything: Page = { after: 0, before: maxId + 1, limit: upTo, order: 'desc' };
  return (await searchSessionIds(context, { ...filter, search }, everything)).length;
}
