import { maxId } from '../../base/global-id.ts';
import type { Context } from '../../context.ts';
import { Prisma, type Session } from '../../generated/prisma/client.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { countRows } from './count-rows.ts';
import type { Activity } from './cursor.ts';
import type { Page, PageOf } from './page.ts';
import { type OwnFilter, ownCondition, positions, searchSessions } from './search-sessions.ts';
import { byActivity, byCreation } from './session-order.ts';

export interface SessionFilter extends OwnFilter {
  /** Text in the title. The case of ASCII letters does not matter. */
  search?: string | null | undefined;
}

/** A page of sessions in the order in which they were created. */
export async function findSessions(
  context: Pick<Context, 'database' | 'signal'>,
  { search, ...filter }: SessionFilter,
  page: Page,
): Promise<Session[]> {
  const { userId, featureName } = filter;
  const { after, before, limit, order } = page;
  const own = { ...(userId != null && { userId }), ...(featureName != null && { featureName }) };
  const id = search
    ? { in: (await searchSessions(context, { ...filter, search }, page, byCreation)).map(({ id }) => id) }
    : { gt: after, lt: before };
  return context.database.session.findMany({
    where: { ...own, ...notDeleted, id },
    orderBy: { id: order },
    take: limit,
  });
}

/** A page of sessions in the order of their last activity. */
export async function findActiveSessions(
  context: Pick<Context, 'database' | 'signal'>,
  { search, ...filter }: SessionFilter,
  page: PageOf<Activity>,
): Promise<Session[]> {
  const { database } = context;
  const [within, sorted] = [byActivity.within(page), byActivity.orderBy(page.order)];
  // Prisma has no row values, and SQLite answers `OR` with two searches and a sort.
  const found = search
    ? await searchSessions(context, { ...filter, search }, page, byActivity)
    : await positions(
        database,
        Prisma.sql`SELECT "id", "lastActivityAt" FROM "Session"
          WHERE ${ownCondition(filter)} AND ${within} ORDER BY ${sorted} LIMIT ${page.limit}`,
      );
  const where = { id: { in: found.map(({ id }) => id) }, ...notDeleted };
  const rows = await database.session.findMany({ where });
  const byId = new Map(rows.map((row) => [row.id, row]));
  // A session that has just become active keeps the position at which it was found, because the cursors are made of it.
  return found.flatMap((position) => {
    const row = byId.get(position.id);
    return row ? [{ ...row, ...position }] : [];
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
  return (await searchSessions(context, { ...filter, search }, everything, byCreation)).length;
}
