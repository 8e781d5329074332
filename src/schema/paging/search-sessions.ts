import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import type { Page } from './page.ts';

/** Conditions that an index answers. */
export interface OwnFilter {
  userId?: string | null | undefined;
  featureName?: string | null | undefined;
}

/** Ids between `after` and `before`, both exclusive. */
type Range = Pick<Page, 'after' | 'before'>;

/** Titles that one statement compares: a few milliseconds. */
const titlesAtOnce = 5_000;

/**
 * Searches titles in SQL, because Prisma's `contains` treats `%` and `_` as wildcards. No index helps to find a text
 * within a title, so it compares some titles at a time. Other requests run in between, and the search ends when its
 * client leaves.
 *
 * @returns The ids of at most `limit` sessions of the page.
 */
export async function searchSessionIds(
  { database, signal }: Pick<Context, 'database' | 'signal'>,
  { search, ...own }: OwnFilter & { search: string },
  page: Page,
): Promise<number[]> {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const filter = ownCondition(own);
  const { limit, order } = page;
  const direction = Prisma.raw(order === 'asc' ? 'ASC' : 'DESC');
  const within = ({ after, before }: Range) => Prisma.sql`"id" > ${after} AND "id" < ${before} AND ${filter}`;
  const ids: number[] = [];
  for (let left: Range = page; ; await nextTurn()) {
    const [beyond] = await database.$queryRaw<{ id: number }[]>`
      SELECT "id" FROM "Session" WHERE ${within(left)} ORDER BY "id" ${direction} LIMIT 1 OFFSET ${titlesAtOnce}`;
    const piece = beyond ? endBefore(left, Number(beyond.id), order) : left;
    const found = await database.$queryRaw<{ id: number }[]>`
      SELECT "id" FROM "Session" WHERE ${within(piece)} AND lower("title") LIKE lower(${pattern}) ESCAPE '\\'
      ORDER BY "id" ${direction} LIMIT ${limit - ids.length}`;
    ids.push(...found.map(({ id }) => Number(id)));
    if (!beyond || ids.length >= limit || signal.aborted) return ids;
    left = startAt(left, Number(beyond.id), order);
  }
}

/** The part of a range that comes before an id in the order of the page. */
function endBefore({ after, before }: Range, id: number, order: Page['order']): Range {
  return order === 'asc' ? { after, before: id } : { after: id, before };
}

/** The part of a range from an id on, in the order of the page. */
function startAt({ after, before }: Range, id: number, order: Page['order']): Range {
  return order === 'asc' ? { after: id - 1, before } : { after, before: id + 1 };
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
