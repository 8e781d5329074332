import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import { titleCandidates } from '../../storage/title-index.ts';
import type { Page } from './page.ts';

/** Conditions that an index answers. */
export interface OwnFilter {
  userId?: string | null | undefined;
  featureName?: string | null | undefined;
}

type Search = OwnFilter & { search: string };

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
 * @returns The ids of at most `limit` sessions of the page.
 */
export async function searchSessionIds(
  { database, signal }: Pick<Context, 'database' | 'signal'>,
  search: Search,
  page: Page,
): Promise<number[]> {
  const first = await compareTitles(database, search, page, firstTitles);
  let { ids, left } = first;
  if (left === undefined || signal.aborted) return ids;
  const indexed = await searchIndex(database, search, left);
  if (indexed !== undefined) return [...ids, ...indexed];
  while (left !== undefined && !signal.aborted) {
    await nextTurn();
    const next = await compareTitles(database, search, left, titlesAtOnce);
    ids = [...ids, ...next.ids];
    left = next.left;
  }
  return ids;
}

/** Compares the first titles of a page. Returns the hits, and the rest of the page unless the hits fill it. */
async function compareTitles(
  database: Context['database'],
  search: Search,
  page: Page,
  count: number,
): Promise<{ ids: number[]; left: Page | undefined }> {
  const { limit } = page;
  const [beyond] = await database.$queryRaw<{ id: number }[]>`
    SELECT "id" FROM "Session" WHERE ${isWithin(search, page)} ORDER BY "id" ${direction(page)} LIMIT 1 OFFSET ${count}`;
  const piece = beyond ? endBefore(page, Number(beyond.id)) : page;
  const found = await database.$queryRaw<{ id: number }[]>`
    SELECT "id" FROM "Session" WHERE ${isWithin(search, piece)} AND ${hasText(search)}
    ORDER BY "id" ${direction(page)} LIMIT ${limit}`;
  const ids = found.map(({ id }) => Number(id));
  const isOver = beyond === undefined || ids.length >= limit;
  return {
    ids,
    left: isOver ? undefined : { ...startAt(page, Number(beyond.id)), limit: limit - ids.length },
  };
}

/**
 * Finds a page of hits through the index of titles, or undefined if the index names too many sessions. It is one
 * statement, so that the time hardly tells whether sessions of other users have the text.
 */
async function searchIndex(
  database: Context['database'],
  search: Search,
  page: Page,
): Promise<number[] | undefined> {
  const rows = await database.$queryRaw<{ candidates: number; id: number | null }[]>`
    WITH "candidate" AS MATERIALIZED (${titleCandidates(search.search, page, mostCandidates)})
    SELECT "candidates", "id" FROM (SELECT count(*) AS "candidates" FROM "candidate") LEFT JOIN (
      SELECT DISTINCT "Session"."id" FROM "candidate" CROSS JOIN "Session" ON "Session"."id" = "candidate"."id"
      WHERE ${isWithin(search, page)} AND ${hasText(search)}
      ORDER BY "Session"."id" ${direction(page)} LIMIT ${page.limit})`;
  if (Number(rows[0]?.candidates) >= mostCandidates) return undefined;
  return rows.flatMap(({ id }) => (id === null ? [] : [Number(id)]));
}

function direction({ order }: Page): Prisma.Sql {
  return Prisma.raw(order === 'asc' ? 'ASC' : 'DESC');
}

function isWithin(own: OwnFilter, { after, before }: Page): Prisma.Sql {
  return Prisma.sql`"Session"."id" > ${after} AND "Session"."id" < ${before} AND ${ownCondition(own)}`;
}

function hasText({ search }: Search): Prisma.Sql {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return Prisma.sql`lower("title") LIKE lower(${pattern}) ESCAPE '\\'`;
}

/** The part of a page that comes before an id in its order. */
function endBefore(page: Page, id: number): Page {
  return page.order === 'asc' ? { ...page, before: id } : { ...page, after: id };
}

/** The part of a page from an id on, in its order. */
function startAt(page: Page, id: number): Page {
  return page.order === 'asc' ? { ...page, after: id - 1 } : { ...page, before: id + 1 };
}

/** The filter as a condition in SQL. It leaves out deleted sessions, whose rows may still be there. */
export function ownCondition({ userId, featureName }: OwnFilter): Prisma.Sql {
  const conditions = [
    Prisma.sql`"deletedAt" IS NULL`,
    ...(userId != null ? [Prisma.sql`"userId" = ${userId}`] : []),
    ...(featureName != null ? [Prisma.sql`"featureName" = ${featureName}`] : []),
  ];
  return Prisma.join(conditions, ' AND ');
}
