import {
  isBehind,
  isBehindOf,
  isNotBehind,
  isSettled,
  presentTransaction,
  rowsOfObjects,
} from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { plainStatement } from './row-decoder.ts';
import type { RawRow, Statement } from './statement.ts';

// The rows of `Change` are ordered by transaction and id: see src/changes/README.md.

/** Whose change it is: what followers of it listen for. */
export interface ChangeOwner {
  /** Null for a change of a node. */
  sessionId: number | null;
  userId: string;
}

/** The place of a change among all changes. Later ones have a greater transaction, or the same and a greater id. */
export interface ChangePosition {
  transactionId: number;
  id: number;
  /** Milliseconds since the epoch. It tells a row from another one that got the same id after a backup was restored. */
  at: number;
}

/** Whose change is at a position. */
export interface ChangedOwner extends ChangePosition, ChangeOwner {
  /** Whether no row can appear any more that comes before this one. */
  isSettled: boolean;
}

export interface ChangeRow extends ChangedOwner {
  kind: string;
  payload: unknown;
}

const sessionId = `CAST("made"."value" ->> 'sessionId' AS BIGINT)`;
const userId = `COALESCE("made"."value" ->> 'userId', "Session"."userId")`;

/**
 * Writes changes, in the order of their `n`. One without `userId` belongs to the user of its session, and is left out if
 * there is no such session. Parameters: the present time, a JSON array of `{n, sessionId, userId, kind, payload}`.
 */
export const insertChanges = plainStatement<ChangeOwner>(
  `INSERT INTO "Change" ("transactionId", "sessionId", "userId", "kind", "payload", "at")
  SELECT ${presentTransaction}, ${sessionId}, ${userId}, "made"."value" ->> 'kind', "made"."value" -> 'payload', ?
  FROM ${rowsOfObjects('made')} LEFT JOIN "Session" ON "Session"."id" = ${sessionId}
  WHERE ${userId} IS NOT NULL ORDER BY CAST("made"."value" ->> 'n' AS BIGINT)
  RETURNING "sessionId", "userId"`,
);

const inOrder = 'ORDER BY "transactionId", "id" LIMIT ?';

const changesWhere = (condition: string, order = inOrder): Statement<ChangeRow> => ({
  sql: `SELECT *, ${isSettled} AS "isSettled" FROM "Change" WHERE ${condition} ${order}`,
  decode: decodeChange,
});

const inOrderOf = (owner: string) => `ORDER BY ${owner}, "transactionId", "id" LIMIT ?`;

/** Parameters: the session, then transaction and id of the last change that is known, how many. */
export const changesOfSession = changesWhere(isBehindOf('"sessionId"'), inOrderOf('"sessionId"'));

/** The changes of these kinds of one user. Parameters: the user, then as `changesOfSession`. */
export const changesOfUser = (kinds: readonly string[]) =>
  changesWhere(`${isBehindOf('"userId"')} AND ${among(kinds)}`, inOrderOf('"userId"'));

/** The changes of these kinds of all users. Parameters: as `changesOfSession`, without a session. */
export const changesOfAll = (kinds: readonly string[]) => changesWhere(`${among(kinds)} AND ${isBehind}`);

const among = (kinds: readonly string[]) => `"kind" IN (${kinds.map((kind) => `'${kind}'`).join(', ')})`;

/** The newest change of all transactions with lower ids. Parameter: the id. */
export const newestChangeBelow: Statement<ChangedOwner> = {
  sql: `SELECT *, ${isSettled} AS "isSettled" FROM "Change" WHERE "transactionId" < ?
  ORDER BY "transactionId" DESC, "id" DESC LIMIT 1`,
  decode: decodeOwner,
};

/**
 * The transactions of this database that are open and have an id, for PostgreSQL. `next` is above the ids of all that have
 * ended; `open` is the id of an open one without its upper half, and null in the only row if no transaction is open.
 */
export const openTransactions = plainStatement<{ next: number; open: number | null }>(
  `SELECT "next", CAST(CAST("backend_xid" AS TEXT) AS BIGINT) AS "open"
  FROM (SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT) AS "next") AS "now"
  LEFT JOIN "pg_stat_activity" ON "datname" = current_database() AND "backend_xid" IS NOT NULL`,
);

/** Parameters: id, transaction. */
export const changeAt: Statement<ChangePosition> = {
  sql: 'SELECT "transactionId", "id", "at" FROM "Change" WHERE "id" = ? AND "transactionId" = ?',
  decode: decodePosition,
};

const ofSession = { equal: ['"sessionId" = ?'], columns: ['"transactionId"', '"id"'] };

/** The change that tells that a run has started. Parameters: the session, twice, the run. */
export const startOfRun: Statement<ChangePosition> = {
  sql: `SELECT "transactionId", "id", "at" FROM "Change"
  WHERE ${inIndex(ofSession, '>', '-1, 0')} AND ${inIndex(ofSession, '<', '9223372036854775807, 0')}
    AND "kind" = 'RunStarted' AND CAST("payload" ->> 'runId' AS BIGINT) = ? ${indexOrder(ofSession, 'DESC')} LIMIT 1`,
  decode: decodePosition,
};

/** The owners of the changes behind a position. Parameters: transaction and id of the position, how many. */
export const changedBehind: Statement<ChangedOwner> = {
  sql: `SELECT "transactionId", "id", "at", "sessionId", "userId", ${isSettled} AS "isSettled" FROM "Change"
  WHERE ${isBehind} ${inOrder}`,
  decode: decodeOwner,
};

/** The oldest changes. Parameter: how many. */
export const oldestChanges: Statement<ChangePosition> = {
  sql: `SELECT "transactionId", "id", "at" FROM "Change" WHERE ${isSettled} ${inOrder}`,
  decode: decodePosition,
};

/** Deletes all changes up to a position. Parameters: its transaction and its id. */
export const deleteChangesThrough = plainStatement<never>(`DELETE FROM "Change" WHERE ${isNotBehind}`);

/** Numbers beyond 2^53 would need more transactions than PostgreSQL can make in the life of a server. */
function decodePosition(row: RawRow): ChangePosition {
  const at = new Date(row['at'] as string).getTime();
  return { transactionId: Number(row['transactionId']), id: Number(row['id']), at };
}

function decodeOwner(row: RawRow): ChangedOwner {
  return {
    ...decodePosition(row),
    sessionId: row['sessionId'] as number | null,
    userId: row['userId'] as string,
    isSettled: Boolean(row['isSettled']),
  };
}

function decodeChange(row: RawRow): ChangeRow {
  return {
    ...decodeOwner(row),
    kind: row['kind'] as string,
    payload: JSON.parse(row['payload'] as string),
  };
}
