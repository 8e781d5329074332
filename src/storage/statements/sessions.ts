import type { ModelUsage, Session } from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';
import type { Parameter, Statement } from './statement.ts';

/** Parameter: the id. */
export const sessionById = modelStatement<Session>(
  'Session',
  'SELECT * FROM "Session" WHERE "id" = ? AND "deletedAt" IS NULL',
);

/** Parameter: the ids. */
export const sessionsByIds = modelStatement<Session>(
  'Session',
  `SELECT * FROM "Session" WHERE "id" ${amongIds} AND "deletedAt" IS NULL`,
);

/** Parameter: the ids of sessions. */
export const usageOfSessions = modelStatement<ModelUsage>(
  'ModelUsage',
  `SELECT * FROM "ModelUsage" WHERE "sessionId" ${amongIds} ORDER BY "sessionId", "providerName", "modelName"`,
);

/** Whose sessions to list, and of which part of the application. Null and undefined: of all. */
export interface SessionOwner {
  userId?: string | null | undefined;
  featureName?: string | null | undefined;
}

type Direction = 'asc' | 'desc';

/** A page of sessions by their ids. Parameters behind those of the filter: after, before, limit. */
export const sessionsByCreation = inBothDirections((direction) =>
  forEachOwner((owned) =>
    modelStatement<Session>(
      'Session',
      `SELECT * FROM "Session" WHERE ${owned} AND "id" > ? AND "id" < ? ORDER BY "id" ${direction} LIMIT ?`,
    ),
  ),
);

/** A page by the last activity. Parameters behind those of the filter: time and id after, time and id before, limit. */
export const sessionsByActivity = inBothDirections((direction) =>
  forEachOwner((owned) =>
    modelStatement<Session>(
      'Session',
      `SELECT * FROM "Session" WHERE ${owned}
        AND ("lastActivityAt", "id") > (?, ?) AND ("lastActivityAt", "id") < (?, ?)
        ORDER BY "lastActivityAt" ${direction}, "id" ${direction} LIMIT ?`,
    ),
  ),
);

/** Parameter behind those of the filter: where to stop counting. */
export const countOfSessions = forEachOwner((owned) =>
  plainStatement<{ count: number }>(
    `SELECT count(*) AS "count" FROM (SELECT 1 FROM "Session" WHERE ${owned} LIMIT ?) AS "rows"`,
  ),
);

interface OwnedStatement<Row> {
  statement: Statement<Row>;
  /** The first parameters of the statement. */
  parameters: Parameter[];
}

/**
 * Makes a statement for each combination of filters. One statement for all of them would use no index.
 *
 * @param make Gets the condition in SQL.
 */
function forEachOwner<Row>(make: (owned: string) => Statement<Row>) {
  const [live, user, feature] = ['"deletedAt" IS NULL', '"userId" = ?', '"featureName" = ?'];
  const statements = {
    all: make(live),
    user: make(`${live} AND ${user}`),
    feature: make(`${live} AND ${feature}`),
    both: make(`${live} AND ${user} AND ${feature}`),
  };
  return ({ userId, featureName }: SessionOwner): OwnedStatement<Row> => {
    if (userId == null && featureName == null) return { statement: statements.all, parameters: [] };
    if (featureName == null) return { statement: statements.user, parameters: [userId ?? null] };
    if (userId == null) return { statement: statements.feature, parameters: [featureName] };
    return { statement: statements.both, parameters: [userId, featureName] };
  };
}

function inBothDirections<T>(make: (direction: 'ASC' | 'DESC') => T): Record<Direction, T> {
  return { asc: make('ASC'), desc: make('DESC') };
}
