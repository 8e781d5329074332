import { maxId } from '../../base/global-id.ts';
import { Prisma } from '../../generated/prisma/client.ts';
import { sessionsByActivity, sessionsByCreation } from '../../storage/statements/sessions.ts';
import type { Parameter } from '../../storage/statements/statement.ts';
import { taggedByActivity, taggedByCreation } from '../../storage/statements/tagged-sessions.ts';
import { type Activity, decodeActivityCursor, encodeActivityCursor, latestMs } from './cursor.ts';
import { idPositions, type PageOf, type Positions } from './page.ts';

/** Positions between two others, both exclusive. */
type Range<Position> = Pick<PageOf<Position>, 'after' | 'before'>;

/** An order in which sessions are listed, with the SQL that an index answers. */
export interface SessionOrder<Position> extends Positions<Activity, Position> {
  positionOf(session: Activity): Position;
  /** The statements that read a page. */
  pages: typeof sessionsByCreation;
  /** The statements that read a page of the sessions of a tag. */
  taggedPages: typeof taggedByCreation;
  /** A position as parameters of these statements. */
  parametersOf(position: Position): Parameter[];
  /** Sorts sessions in the ascending order. */
  compare(a: Activity, b: Activity): number;
  /** The columns that order the sessions, in SQL, and a position as their values. */
  columns: Prisma.Sql[];
  valuesOf(position: Position): Prisma.Sql;
  /** The ids that sessions in this range can have. */
  idsWithin(range: Range<Position>): Range<number>;
}

const [id, lastActivityAt] = [Prisma.sql`"id"`, Prisma.sql`"lastActivityAt"`];

export const byCreation: SessionOrder<number> = {
  ...idPositions,
  positionOf: ({ id }) => id,
  pages: sessionsByCreation,
  taggedPages: taggedByCreation,
  compare: (a, b) => a.id - b.id,
  parametersOf: (id) => [id],
  columns: [id],
  valuesOf: (position) => Prisma.sql`${position}`,
  idsWithin: (range) => range,
};

export const byActivity: SessionOrder<Activity> = {
  start: { lastActivityAt: new Date(0), id: 0 },
  end: { lastActivityAt: new Date(latestMs), id: maxId },
  encode: encodeActivityCursor,
  decode: decodeActivityCursor,
  positionOf: ({ lastActivityAt, id }) => ({ lastActivityAt, id }),
  pages: sessionsByActivity,
  taggedPages: taggedByActivity,
  compare: (a, b) => a.lastActivityAt.getTime() - b.lastActivityAt.getTime() || a.id - b.id,
  parametersOf: ({ lastActivityAt, id }) => [lastActivityAt, id],
  columns: [lastActivityAt, id],
  valuesOf: (position) => Prisma.sql`${position.lastActivityAt}, ${position.id}`,
  idsWithin: () => ({ after: idPositions.start, before: idPositions.end }),
};
