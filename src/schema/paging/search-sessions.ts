import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Dialect } from '../../storage/statements/statement.ts';
import { titleCandidates, titleContains } from '../../storage/title-index.ts';
import type { Activity } from './cursor.ts';
import type { PageOf } from './page.ts';
import type { SessionOrder } from './session-order.ts';
import { rangeOf, sortedBy } from './session-range.ts';
import { type TaggedFilter, tagsOf } from './tagged-sessions.ts';

type Search = TaggedFilter & { search: string };

/** What is searched, and the condition in SQL that a session meets. */
type Wanted = Search & { hasText: Prisma.Sql; dialect: Dialect };

/** Titles that the first statement compares. They are enough for a user with few sessions, or a frequent text. */
const firstTitles = 250;
/** Titles that a further statement compares: a few milliseconds. */
const titlesAtOnce = 5_000;
/** With more candidates than this, comparing the titles in their order finds a page sooner. */
const mostCandidates = 1_000;

/**
 * Searches titles in SQL, because Prisma's `contains` treats `%` and `_` as wildcards. It compares some titles, then
 * asks the index of titles for the others. If the index names too many, it compares all titles, some at a time: other
 * requests run in between, and the search ends when its client leaves.
 *
 * @returns At most `limit` sessions of the page, in its order.
 */
export async function searchSessions<Position>(
  { database, statements, signal }: Pick<Context, 'database' | 'statements' | 'signal'>,
  search: Search,
  page: PageOf<Position>,
  order: SessionOrder<Position>,
): Promise<Activity[]> {
  const { dialect } = statements;
  const conditions = [titleContains(search.search, dialect), ...tagsOf(search).map(hasTag)];
  const wanted = { ...search, hasText: Prisma.join(conditions, ' AND '), dialect };
  const first = await compareTitles(database, wanted, page, order, firstTitles);
  let { found, left } = first;
  if (left === undefined || signal.aborted) return found;
  const indexed = await searchIndex(database, wanted, left, order);
  if (indexed !== undefined) return [...found, ...indexed];
  while (left !== undefined && !signal.aborted) {
    await nextTurn();
    const next: Compared<Position> = await compareTitles(database, wanted, left, order, titlesAtOnce);
    found = [...found, ...next.found];
    left = next.left;
  }
  return found;
}

/** Whether the session of the column `id` has a tag. */
function hasTag(tag: string): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT 1 FROM "SessionTag" WHERE "sessionId" = "id" AND "tag" = ${tag})`;
}

interface Compared<Position> {
  found: Activity[];
  /** The rest of the page; undefined if the hits fill it or all titles were compared. */
  left: PageOf<Position> | undefined;
}

/** Compares the first titles of a page. */
async function compareTitles<Position>(
  database: Context['database'],
  search: Wanted,
  page: PageOf<Position>,
  order: SessionOrder<Position>,
  count: number,
): Promise<Compared<Position>> {
  const { isWithin, sorted } = rangeOf(search, page, order);
  const rest = Prisma.sql`FROM "Session" WHERE "deletedAt" IS NULL AND ${isWithin} ORDER BY ${sorted} LIMIT`;
  const [last] = await positions(
    database,
    Prisma.sql`SELECT "id", "lastActivityAt" ${rest} 1 OFFSET ${count - 1}`,
  );
  const found = await positions(
    database,
    Prisma.sql`SELECT "id", "lastActivityAt" FROM (SELECT * ${rest} ${count}) AS "page"
      WHERE ${search.hasText} ORDER BY ${sorted} LIMIT ${page.limit}`,
  );
  if (last === undefined || found.length >= page.limit) return { found, left: undefined };
  return { found, left: { ...startAfter(page, order.positionOf(last)), limit: page.limit - found.length } };
}

/**
 * Finds a page of hits through the index of titles, or undefined if the index names too many sessions. It is one
 * statement, so that the time hardly tells whether sessions of other users have the text.
 */
async function searchIndex<Position>(
  database: Context['database'],
  search: Wanted,
  page: PageOf<Position>,
  order: SessionOrder<Position>,
): Promise<Activity[] | undefined> {
  const candidates = titleCandidates(search.search, order.idsWithin(page), {
    owner: search,
    most: mostCandidates,
    dialect: search.dialect,
  });
  const { isWithin } = rangeOf(search, page, order);
  // PostgreSQL reads the rows of an array by their ids, and with the LIMIT it knows nothing of the page before that.
  const ids = Prisma.sql`SELECT "sessionId" FROM "candidate"`;
  const isCandidate =
    search.dialect === 'postgresql' ? Prisma.sql`"id" = ANY(ARRAY(${ids}))` : Prisma.sql`"id" IN (${ids})`;
  const rows = await database.$queryRaw<(StoredPosition & { candidates: number })[]>`
    WITH "candidate" AS MATERIALIZED (${candidates})
    SELECT "candidates", "id", "lastActivityAt"
    FROM (SELECT count(*) AS "candidates" FROM "candidate") AS "counted" LEFT JOIN (
      SELECT "id", "lastActivityAt" FROM (SELECT * FROM "Session" WHERE ${isCandidate} LIMIT ${mostCandidates}) AS "named"
      WHERE "deletedAt" IS NULL AND ${isWithin} AND ${search.hasText}
      ORDER BY ${sortedBy(order.columns, page.order)} LIMIT ${page.limit}) AS "hit" ON TRUE`;
  if (Number(rows[0]?.candidates) >= mostCandidates) return undefined;
  return rows.filter(({ id }) => id !== null).map(toActivity);
}

/** The position of a session as the database returns it: ids may come as BigInt. */
interface StoredPosition {
  id: number | bigint;
  lastActivityAt: string | Date;
}

/** Reads the positions of sessions. @param select Selects `id` and `lastActivityAt`. */
async function positions(database: Context['database'], select: Prisma.Sql): Promise<Activity[]> {
  return (await database.$queryRaw<StoredPosition[]>(select)).map(toActivity);
}

function toActivity({ id, lastActivityAt }: StoredPosition): Activity {
  return { id: Number(id), lastActivityAt: new Date(lastActivityAt) };
}

/** The part of a page that comes after a position in its order. */
function startAfter<Position>(page: PageOf<Position>, position: Position): PageOf<Position> {
  return page.order === 'asc' ? { ...page, after: position } : { ...page, before: position };
}
