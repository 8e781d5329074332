import { maxId } from '../../base/global-id.ts';
import type { ModelUsage, Session } from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
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

/** A page of sessions by their ids. Parameters: those of the filter, after, those of the filter, before, limit. */
export const sessionsByCreation = inBothDirections((direction) =>
  forEachOwner((equal) => {
    const owned = { equal, columns: ['"id"'] };
    return modelStatement<Session>(
      'Session',
      `SELECT * FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(owned, '>', '?')}
        AND ${inIndex(owned, '<', '?')} ${indexOrder(owned, direction)} LIMIT ?`,
    );
  }),
);

/** The newest ids. Parameters: as `sessionsByCreation`. */
export const newestSessionIds = forEachOwner((equal) => {
  const owned = { equal, columns: ['"id"'] };
  return plainStatement<Pick<Session, 'id'>>(
    `SELECT "id" FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(owned, '>', '?')}
      AND ${inIndex(owned, '<', '?')} ${indexOrder(owned, 'DESC')} LIMIT ?`,
  );
});

/** A page by the last activity. Parameters: as `sessionsByCreation`, with time and id for each end of the page. */
export const sessionsByActivity = inBothDirections((direction) =>
  forEachOwner((equal) => {
    const owned = { equal, columns: ['"lastActivityAt"', '"id"'] };
    return modelStatement<Session>(
      'Session',
      `SELECT * FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(owned, '>', '?, ?')}
        AND ${inIndex(owned, '<', '?, ?')} ${indexOrder(owned, direction)} LIMIT ?`,
    );
  }),
);

/** Parameters: those of the filter, twice, and where to stop counting. */
export const countOfSessions = forEachOwner((equal) => {
  const owned = { equal, columns: ['"id"'] };
  return plainStatement<{ count: number }>(
    `SELECT count(*) AS "count" FROM (
       SELECT 1 FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(owned, '>', '0')}
         AND ${inIndex(owned, '<', String(maxId))} ${indexOrder(owned, 'ASC')} LIMIT ?) AS "rows"`,
  );
});

interface OwnedStatement<Row> {
  statement: Statement<Row>;
  /** Those of the filter. */
  parameters: Parameter[];
}

/**
 * Makes a statement for each combination of filters. One statement for all of them would use no index.
 *
 * @param make Gets the values that the first columns of the index must have.
 */
function forEachOwner<Row>(make: (equal: string[]) => Statement<Row>) {
  const [user, feature] = ['"userId" = ?', '"featureName" = ?'];
  const statements = {
    all: make([]),
    user: make([user]),
    feature: make([feature]),
    both: make([user, feature]),
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
