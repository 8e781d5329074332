import type { Context } from '../../context.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { countOfSessions, sessionsByIds } from '../../storage/statements/sessions.ts';
import { countRows } from './count-rows.ts';
import type { Activity } from './cursor.ts';
import { idPositions, type Page, type PageArgs, type PageOf, resolveOrderedPage } from './page.ts';
import { readTogether } from './related-rows.ts';
import { chargeRows } from './rows.ts';
import { searchSessions } from './search-sessions.ts';
import { byCreation, type SessionOrder } from './session-order.ts';
import { findTagged, type TaggedFilter, tagsOf } from './tagged-sessions.ts';

export interface SessionFilter extends TaggedFilter {
  /** Text in the title. The case of ASCII letters does not matter. */
  search?: string | null | undefined;
}

type ListContext = Pick<Context, 'database' | 'statements' | 'signal'>;

/**
 * A page of the list of sessions, newest first.
 *
 * @throws GatewayError as `resolvePage` does; QUERY_TOO_COMPLEX if the rows are too large.
 */
export function pageOfSessions<Position>(
  context: Context,
  filter: SessionFilter,
  args: PageArgs,
  order: SessionOrder<Position>,
) {
  return resolveOrderedPage<Session, Position>({
    args,
    maxSize: context.maxPageSize,
    order: 'desc',
    positions: order,
    load: (range) =>
      chargeRows(context, () => findSessions(context, filter, range, order)).then(readTogether),
  });
}

/** A page of sessions in one of their orders. */
async function findSessions<Position>(
  context: ListContext,
  { search, ...filter }: SessionFilter,
  page: PageOf<Position>,
  order: SessionOrder<Position>,
): Promise<Session[]> {
  if (search) return readFound(context, await searchSessions(context, { ...filter, search }, page, order));
  const tags = tagsOf(filter);
  if (tags.length > 0) return readFound(context, await findTagged(context, tags, filter, page, order));
  const { statement, parameters } = order.pages[page.order](filter);
  const ends = [page.after, page.before].flatMap((end) => [...parameters, ...order.parametersOf(end)]);
  return context.statements.all(statement, [...ends, page.limit]);
}

/** Counts the sessions that match, at most `upTo`. */
export async function countSessions(
  context: Context,
  { search, ...filter }: SessionFilter,
  upTo: number,
): Promise<number> {
  const everything: Page = {
    after: idPositions.start,
    before: idPositions.end,
    limit: upTo,
    order: 'desc',
  };
  if (search) return (await searchSessions(context, { ...filter, search }, everything, byCreation)).length;
  const tags = tagsOf(filter);
  if (tags.length > 0) return (await findTagged(context, tags, filter, everything, byCreation)).length;
  const { statement, parameters } = countOfSessions(filter);
  return countRows(context, statement, [...parameters, ...parameters, upTo]);
}

/**
 * Reads the sessions that a search has found, in the same order. A session that has just become active keeps the position
 * at which it was found, because the cursors are made of it.
 */
async function readFound({ statements }: ListContext, found: readonly Activity[]): Promise<Session[]> {
  const rows = await statements.all(sessionsByIds, [idList(found.map(({ id }) => id))]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return found.flatMap((position) => {
    const row = byId.get(position.id);
    return row ? [{ ...row, ...position }] : [];
  });
}
