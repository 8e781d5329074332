import { amongIds, amongTexts } from './dialect.ts';
import { plainStatement } from './row-decoder.ts';

// What is deleted of workspaces: all of a deleted session, contents that no file has any more, and old deletions.

/** Those of some sessions that were deleted and have files or contents. Parameter: the ids. */
export const deletedWithFiles = plainStatement<{ id: number }>(
  `SELECT "sessionId" AS "id" FROM "Workspace" JOIN "Session" ON "Session"."id" = "sessionId" AND "deletedAt" IS NOT NULL
  WHERE "sessionId" ${amongIds} AND (
    EXISTS (SELECT 1 FROM "WorkspaceContent" WHERE "WorkspaceContent"."sessionId" = "Workspace"."sessionId")
    OR EXISTS (SELECT 1 FROM "WorkspaceFile" WHERE "WorkspaceFile"."sessionId" = "Workspace"."sessionId"))`,
);

/** The blobs of some contents. Parameters: the session, how many contents. */
export const someBlobs = plainStatement<{ blob: string }>(
  'SELECT "blob" FROM "WorkspaceContent" WHERE "sessionId" = ? LIMIT ?',
);

/** Parameters: the session, a `textList` of blobs. */
export const deleteContentsOfBlobs = plainStatement<never>(
  `DELETE FROM "WorkspaceContent" WHERE "sessionId" = ? AND "blob" ${amongTexts}`,
);

/** Parameters: the session, twice, how many. */
export const deleteSomeFiles = plainStatement<never>(
  `DELETE FROM "WorkspaceFile" WHERE "sessionId" = ?
  AND "path" IN (SELECT "path" FROM "WorkspaceFile" WHERE "sessionId" = ? LIMIT ?)`,
);

/** Those of these blobs that have contents. Parameter: a `textList` of blobs. */
export const blobsInUse = plainStatement<{ blob: string }>(
  `SELECT DISTINCT "blob" FROM "WorkspaceContent" WHERE "blob" ${amongTexts}`,
);

/** The next session that has a workspace with files or deletions. Parameter: the session before it. */
export const nextWorkspace = plainStatement<{ sessionId: number }>(
  `SELECT "sessionId" FROM "Workspace" JOIN "Session" ON "Session"."id" = "sessionId" AND "deletedAt" IS NULL
  WHERE "sessionId" > ? AND "revision" > 0 ORDER BY "sessionId" LIMIT 1`,
);

/** Contents in the order of their hashes. Parameters: the session, the hash before them, the newest time, how many. */
export const contentsBefore = plainStatement<{ sha256: string }>(
  `SELECT "sha256" FROM "WorkspaceContent" WHERE "sessionId" = ? AND "sha256" > ? AND "createdAt" < ?
  ORDER BY "sha256" LIMIT ?`,
);

/** Parameters: the session, a `textList` of hashes. */
export const deleteContents = plainStatement<{ blob: string }>(
  `DELETE FROM "WorkspaceContent" WHERE "sessionId" = ? AND "sha256" ${amongTexts} RETURNING "blob"`,
);

/** The newest deletion that is older than a time. Parameters: the session, the time. */
export const oldDeletions = plainStatement<{ revision: number | null }>(
  `SELECT MAX("revision") AS "revision" FROM "WorkspaceFile"
  WHERE "sessionId" = ? AND "sha256" IS NULL AND "modifiedAt" < ?`,
);

/** The newest deletion behind so many newer ones. Parameters: the session, how many. */
export const deletionBehind = plainStatement<{ revision: number }>(
  `SELECT "revision" FROM "WorkspaceFile" WHERE "sessionId" = ? AND "sha256" IS NULL
  ORDER BY "revision" DESC LIMIT 1 OFFSET ?`,
);

/** Parameters: the session, the revision. */
export const forgetDeletions = plainStatement<never>(
  'DELETE FROM "WorkspaceFile" WHERE "sessionId" = ? AND "sha256" IS NULL AND "revision" <= ?',
);

/** Parameters: the revision, the session. */
export const notePruned = plainStatement<never>(
  'UPDATE "Workspace" SET "prunedRevision" = ? WHERE "sessionId" = ?',
);
