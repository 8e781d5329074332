import { Prisma, type Session } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { Page } from './page.ts';

export interface SessionFilter {
  userId?: string | null | undefined;
  featureName?: string | null | undefined;
  /** Text in the title. The case of ASCII letters does not matter. */
  search?: string | null | undefined;
}

export async function findSessions(
  database: Database,
  { search, ...filter }: SessionFilter,
  page: Page,
): Promise<Session[]> {
  const { userId, featureName } = filter;
  const { after, before, limit, order } = page;
  const id = search
    ? { in: await searchIds(database, { ...filter, search }, page) }
    : { gt: after, lt: before };
  return database.session.findMany({
    where: { id, ...(userId != null && { userId }), ...(featureName != null && { featureName }) },
    orderBy: { id: order },
    take: limit,
  });
}

/** Searches titles in SQL, because Prisma's `contains` treats `%` and `_` as wildcards. */
async function searchIds(
  database: Database,
  { userId, featureName, search }: SessionFilter & { search: string },
  { after, before, limit, order }: Page,
): Promise<number[]> {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const conditions = [
    Prisma.sql`"id" > ${after} AND "id" < ${before} AND lower("title") LIKE lower(${pattern}) ESCAPE '\\'`,
    ...(userId != null ? [Prisma.sql`"userId" = ${userId}`] : []),
    ...(featureName != null ? [Prisma.sql`"featureName" = ${featureName}`] : []),
  ];
  const rows = await database.$queryRaw<{ id: number }[]>`
    SELECT "id" FROM "Session" WHERE ${Prisma.join(conditions, ' AND ')}
    ORDER BY "id" ${Prisma.raw(order === 'asc' ? 'ASC' : 'DESC')} LIMIT ${limit}`;
  return rows.map(({ id }) => Number(id));
}
