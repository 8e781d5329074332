import { amongIds, amongTexts, rowsOfObjects, timeOf } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { plainStatement } from './row-decoder.ts';
import type { MaybePromise, RawRow, Reader, Statement } from './statement.ts';

// The files of workspaces. Only a transaction that has locked the session changes them.

/** The workspace of a session that was not deleted, as commits need it. */
export interface WorkspaceState {
  sessionId: number;
  /** The user of the session. */
  userId: string;
  workspaceId: string;
  source: 'EMPTY' | 'SERVER' | 'NODE_LOCAL';
  path: string | null;
  sourceNodeId: string | null;
  isShared: boolean;
  revision: number;
  prunedRevision: number;
  fileCount: number;
  totalBytes: number;
}

export type WorkspaceName = Pick<WorkspaceState, 'sessionId' | 'workspaceId'>;

const state = `SELECT "Workspace".*, "Session"."userId" FROM "Workspace"
  JOIN "Session" ON "Session"."id" = "Workspace"."sessionId" AND "deletedAt" IS NULL`;

/** Parameter: the session. */
export const workspaceState: Statement<WorkspaceState> = {
  sql: `${state} WHERE "Workspace"."sessionId" = ?`,
  decode: decodeState,
};

/** Stores why a folder of the gateway is not kept the same, if that is new. Parameters: the reason, the session, the reason. */
export const storeFolderError = plainStatement<never>(
  `UPDATE "Workspace" SET "error" = CAST(? AS TEXT) WHERE "sessionId" = ? AND "error" IS DISTINCT FROM CAST(? AS TEXT)`,
);

/** The workspaces of those sessions that were deleted. Parameter: an `idList` of sessions. */
export const deletedWorkspaces = plainStatement<WorkspaceName>(
  `SELECT "sessionId", "workspaceId" FROM "Workspace" JOIN "Session" ON "Session"."id" = "sessionId"
  WHERE "sessionId" ${amongIds} AND "deletedAt" IS NOT NULL`,
);

/** Parameter: the workspace's id. */
export const workspaceById: Statement<WorkspaceState> = {
  sql: `${state} WHERE "workspaceId" = ?`,
  decode: decodeState,
};

/** A shared workspace to whose session a node is attached. Parameters: the workspace's id, the node. */
export const workspaceOfNode: Statement<WorkspaceState> = {
  sql: `${state} WHERE "workspaceId" = ? AND "isShared" = TRUE
  AND EXISTS (SELECT 1 FROM "SessionNode" AS "attached"
    WHERE "attached"."sessionId" = "Workspace"."sessionId" AND "agentNodeId" = ?)`,
  decode: decodeState,
};

/** The shared workspaces of a node. Parameter: the node. */
export const workspacesOfNode: Statement<WorkspaceState> = {
  sql: `${state} JOIN "SessionNode" AS "attached" ON "attached"."sessionId" = "Workspace"."sessionId"
  WHERE "agentNodeId" = ? AND "isShared" = TRUE ORDER BY "Workspace"."sessionId"`,
  decode: decodeState,
};

/** A row of `WorkspaceFile`. */
export interface FileRow {
  path: string;
  /** Null: the path was deleted. */
  sha256: string | null;
  size: number;
  mode: number;
  target: string | null;
  chunks: string[] | null;
  /** Milliseconds since the Unix epoch. */
  modifiedAt: number;
  revision: number;
  nodeId: string | null;
}

const byRevision = { equal: ['"sessionId" = ?'], columns: ['"revision"'] };

const filesAfterPlace: Statement<FileRow> = {
  sql: `SELECT * FROM "WorkspaceFile" WHERE ${inIndex(byRevision, '>', '?')} AND ${inIndex(byRevision, '<', '?')}
    AND ("revision" > ? OR "path" > ?) ${indexOrder(byRevision, 'ASC')}, "path" LIMIT ?`,
  decode: decodeFile,
};

/** Above each revision. */
const highest = 2_147_483_647;

/** Reads what has changed after a path of a revision, in order. */
export function readFilesAfter(
  reader: Reader,
  sessionId: number,
  { revision, path }: Pick<FileRow, 'revision' | 'path'>,
  most: number,
): MaybePromise<FileRow[]> {
  const range = [sessionId, revision - 1, sessionId, highest];
  return reader.all(filesAfterPlace, [...range, revision, path, most]);
}

/** Parameters: the session, the path. */
export const fileAt: Statement<FileRow> = {
  sql: 'SELECT * FROM "WorkspaceFile" WHERE "sessionId" = ? AND "path" = ?',
  decode: decodeFile,
};

/** The node from which each of these paths comes. Parameters: the session, a `textList` of paths. */
export const writersOfFiles = plainStatement<{ path: string; nodeId: string | null }>(
  `SELECT "path", "nodeId" FROM "WorkspaceFile" WHERE "sessionId" = ? AND "path" ${amongTexts}`,
);

const made = (field: string) => `"made"."value" ->> '${field}'`;
const files = '"sha256", "size", "mode", "target", "chunks", "modifiedAt", "revision", "nodeId"';

/**
 * Stores what paths have now. Parameters: the session, the revision; a JSON array of
 * `{path, sha256, size, mode, target, chunks, modifiedAt, nodeId}`, where what is null is left out, and the time is a
 * `timeText`.
 */
export const storeFiles = plainStatement<never>(
  `INSERT INTO "WorkspaceFile" ("sessionId", "path", ${files})
  SELECT CAST(? AS INTEGER), ${made('path')}, ${made('sha256')}, CAST(${made('size')} AS BIGINT),
    CAST(${made('mode')} AS INTEGER), ${made('target')}, "made"."value" -> 'chunks', ${timeOf(made('modifiedAt'))},
    CAST(? AS INTEGER), ${made('nodeId')}
  FROM ${rowsOfObjects('made')} WHERE TRUE
  ON CONFLICT ("sessionId", "path") DO UPDATE SET "sha256" = excluded."sha256", "size" = excluded."size",
    "mode" = excluded."mode", "target" = excluded."target", "chunks" = excluded."chunks",
    "modifiedAt" = excluded."modifiedAt", "revision" = excluded."revision", "nodeId" = excluded."nodeId"`,
);

/** Parameters: the revision, the number of files, their bytes, the session. */
export const storeRevision = plainStatement<never>(
  `UPDATE "Workspace" SET "revision" = ?, "fileCount" = ?, "totalBytes" = ? WHERE "sessionId" = ?`,
);

/** Parameters: how many bytes the session has grown by, the session. */
export const growSession = plainStatement<never>(
  'UPDATE "Session" SET "storedBytes" = "storedBytes" + ? WHERE "id" = ?',
);

/** A row of `WorkspaceConflict`. */
export interface ConflictRow {
  id: number;
  sessionId: number;
  path: string;
  keptPath: string;
  /** The node whose version was kept; null for that of a client or of the gateway's folder. */
  nodeId: string | null;
  at: Date;
}

/** The conflicts of a session, oldest first. Parameter: the session. */
export const conflictsOfSession: Statement<ConflictRow> = {
  sql: 'SELECT * FROM "WorkspaceConflict" WHERE "sessionId" = ? ORDER BY "id"',
  decode: (row) => ({ ...(row as unknown as ConflictRow), at: new Date(row['at'] as string) }),
};

/** Parameters: the session, the present time, a JSON array of `{path, keptPath, nodeId}`. */
export const storeConflicts = plainStatement<never>(
  `INSERT INTO "WorkspaceConflict" ("sessionId", "at", "path", "keptPath", "nodeId")
  SELECT CAST(? AS INTEGER), ?, ${made('path')}, ${made('keptPath')}, ${made('nodeId')}
  FROM ${rowsOfObjects('made')} WHERE TRUE ON CONFLICT ("sessionId", "keptPath") DO NOTHING`,
);

/** Ends the conflicts whose kept files are gone. Parameters: the session, a `textList` of paths. */
export const endConflicts = plainStatement<never>(
  `DELETE FROM "WorkspaceConflict" WHERE "sessionId" = ? AND "keptPath" ${amongTexts}`,
);

function decodeState(row: RawRow): WorkspaceState {
  return {
    ...(row as unknown as WorkspaceState),
    isShared: Boolean(row['isShared']),
    totalBytes: Number(row['totalBytes']),
  };
}

function decodeFile(row: RawRow): FileRow {
  return {
    ...(row as unknown as FileRow),
    size: Number(row['size']),
    chunks: row['chunks'] === null ? null : JSON.parse(row['chunks'] as string),
    modifiedAt: new Date(row['modifiedAt'] as string).getTime(),
  };
}
