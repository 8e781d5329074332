import { Prisma } from '../../generated/prisma/client.ts';
import { archivedColumn } from '../../storage/statements/archived-column.ts';
import type { SessionSelection } from '../../storage/statements/sessions.ts';
import type { Dialect } from '../../storage/statements/statement.ts';
import type { PageOf } from './page.ts';
import type { SessionOrder } from './session-order.ts';

const directions = { asc: Prisma.sql`ASC`, desc: Prisma.sql`DESC` };

/**
 * The sessions of a selection that a page holds, in SQL: whether one is among them, and how they are sorted. It is written as
 * `inIndex` and `indexOrder` (src/storage/statements/index-range.ts) write it, so that PostgreSQL reads them through the one
 * index that leads to them.
 */
export function rangeOf<Position>(
  { userId, featureName, archived, dialect }: SessionSelection & { dialect: Dialect },
  { after, before, order: direction }: PageOf<Position>,
  { columns, valuesOf }: SessionOrder<Position>,
): { isWithin: Prisma.Sql; sorted: Prisma.Sql } {
  const equal = [
    ...(userId != null ? [{ column: Prisma.sql`"userId"`, value: Prisma.sql`${userId}` }] : []),
    ...(featureName != null
      ? [{ column: Prisma.sql`"featureName"`, value: Prisma.sql`${featureName}` }]
      : []),
    ...(archived != null
      ? [
          {
            column: Prisma.raw(archivedColumn({ user: userId != null, feature: featureName != null })),
            value: Prisma.sql`${archived}`,
          },
        ]
      : []),
  ];
  const compared = dialect === 'postgresql' ? equal.slice(-1) : [];
  const position = Prisma.join([...compared.map(({ column }) => column), ...columns]);
  const at = (end: Position) => Prisma.join([...compared.map(({ value }) => value), valuesOf(end)]);
  const conditions = [
    ...equal
      .slice(0, equal.length - compared.length)
      .map(({ column, value }) => Prisma.sql`${column} = ${value}`),
    Prisma.sql`(${position}) > (${at(after)})`,
    Prisma.sql`(${position}) < (${at(before)})`,
  ];
  return {
    isWithin: Prisma.join(conditions, ' AND '),
    sorted: sortedBy([...compared.map(({ column }) => column), ...columns], direction),
  };
}

/** The order of these columns, in SQL. */
export function sortedBy(columns: readonly Prisma.Sql[], direction: 'asc' | 'desc'): Prisma.Sql {
  return Prisma.join(columns.map((column) => Prisma.sql`${column} ${directions[direction]}`));
}
