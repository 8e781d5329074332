import { maxId } from '../../base/global-id.ts';
import type { ModelUsage, Session } from '../../generated/prisma/client.ts';
import { archivedColumn } from './archived-column.ts';
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

/** Whose sessions to list, and those of one part of the application. Null and undefined: of all. */
export interface SessionOwner {
  userId?: string | null | undefined;
  featureName?: string | null | undefined;
}

/** Which sessions to list. */
export interface SessionSelection extends SessionOwner {
  /** Only archived sessions, or only others. Null and undefined: both. */
  archived?: boolean | null | undefined;
}

type Direction = 'asc' | 'desc';

/** A page of sessions by their ids. Parameters: those of the selection, after, those of the selection, before, limit. */
export const sessionsByCreation = inBothDirections((direction) =>
  forEachSelection((equal) => {
    const selected = { equal, columns: ['"id"'] };
    return modelStatement<Session>(
      'Session',
      `SELECT * FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(selected, '>', '?')}
        AND ${inIndex(selected, '<', '?')} ${indexOrder(selected, direction)} LIMIT ?`,
    );
  }),
);

/** The newest ids. Parameters: as `sessionsByCreation`. */
export const newestSessionIds = forEachSelection((equal) => {
  const selected = { equal, columns: ['"id"'] };
  return plainStatement<Pick<Session, 'id'>>(
    `SELECT "id" FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(selected, '>', '?')}
      AND ${inIndex(selected, '<', '?')} ${indexOrder(selected, 'DESC')} LIMIT ?`,
  );
});

/** A page by the last activity. Parameters: as `sessionsByCreation`, with time and id for each end of the page. */
export const sessionsByActivity = inBothDirections((direction) =>
  forEachSelection((equal) => {
    const selected = { equal, columns: ['"lastActivityAt"', '"id"'] };
    return modelStatement<Session>(
      'Session',
      `SELECT * FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(selected, '>', '?, ?')}
        AND ${inIndex(selected, '<', '?, ?')} ${indexOrder(selected, direction)} LIMIT ?`,
    );
  }),
);

/** Parameters: those of the selection, twice, and where to stop counting. */
export const countOfSessions = forEachSelection((equal) => {
  const selected = { equal, columns: ['"id"'] };
  return plainStatement<{ count: number }>(
    `SELECT count(*) AS "count" FROM (
       SELECT 1 FROM "Session" WHERE "deletedAt" IS NULL AND ${inIndex(selected, '>', '0')}
         AND ${inIndex(selected, '<', String(maxId))} ${indexOrder(selected, 'ASC')} LIMIT ?) AS "rows"`,
  );
});

interface SelectingStatement<Row> {
  statement: Statement<Row>;
  /** Those of the selection. */
  parameters: Parameter[];
}

/**
 * Makes a statement for each combination of filters. One statement for all of them would use no index.
 *
 * @param make Gets the values that the first columns of the index must have.
 */
function forEachSelection<Row>(make: (equal: string[]) => Statement<Row>) {
  const statements = Array.from({ length: 8 }, (_, chosen) => {
    const owner = { user: (chosen & 1) > 0, feature: (chosen & 2) > 0 };
    return make([
      ...(owner.user ? ['"userId" = ?'] : []),
      ...(owner.feature ? ['"featureName" = ?'] : []),
      ...(chosen & 4 ? [`${archivedColumn(owner)} = ?`] : []),
    ]);
  });
  return ({ userId, featureName, archived }: SessionSelection): SelectingStatement<Row> => {
    const values = [userId, featureName, archived];
    const chosen = values.reduce<number>(
      (sum, value, index) => (value == null ? sum : sum | (1 << index)),
      0,
    );
    const statement = statements[chosen];
    if (statement === undefined) throw new Error('There is no statement for these filters.');
    return { statement, parameters: values.filter((value) => value != null) };
  };
}

function inBothDirections<T>(make: (direction: 'ASC' | 'DESC') => T): Record<Direction, T> {
  return { asc: make('ASC'), desc: make('DESC') };
}
