import { amongTexts, rowsOfObjects } from './dialect.ts';
import { plainStatement } from './row-decoder.ts';

// Where the chunks of files lie. A session reaches only its own: a hash must not give access to another one's content.

export interface ContentRow {
  sha256: string;
  /** The key of the blob. */
  blob: string;
  /** In bytes. */
  offset: number;
  size: number;
}

/** Those of these chunks that there are. Parameters: the session, a `textList` of hashes. */
export const contentsAmong = plainStatement<ContentRow>(
  `SELECT "sha256", "blob", "offset", "size" FROM "WorkspaceContent" WHERE "sessionId" = ? AND "sha256" ${amongTexts}`,
);

/** The workspace of a session that was not deleted. */
const ofVisible = `"Workspace" JOIN "Session" ON "Session"."id" = "Workspace"."sessionId" AND "deletedAt" IS NULL`;

/**
 * Adds the chunks of a blob to a session; those that it has already stay as they are. Parameters: the blob, the present
 * time, a JSON array of `{sha256, offset, size}`, the session; twice the node that sends them, which must be attached then,
 * or null.
 */
export const addContents = plainStatement<never>(
  `INSERT INTO "WorkspaceContent" ("sessionId", "sha256", "blob", "offset", "size", "createdAt")
  SELECT "Workspace"."sessionId", "made"."value" ->> 'sha256', CAST(? AS TEXT),
    CAST("made"."value" ->> 'offset' AS INTEGER), CAST("made"."value" ->> 'size' AS INTEGER), ?
  FROM ${rowsOfObjects('made')} CROSS JOIN ${ofVisible} WHERE "Workspace"."sessionId" = ?
    AND (CAST(? AS INTEGER) IS NULL OR EXISTS (SELECT 1 FROM "SessionNode" AS "attached"
      WHERE "attached"."sessionId" = "Workspace"."sessionId" AND "agentNodeId" = CAST(? AS INTEGER)))
  ON CONFLICT ("sessionId", "sha256") DO NOTHING`,
);
