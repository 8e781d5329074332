import type { Context } from '../../context.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import type { Page } from './page.ts';
import { type OwnFilter, searchSessionIds } from './search-sessions.ts';

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
