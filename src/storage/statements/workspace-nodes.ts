import type { SessionNode } from '../../generated/prisma/client.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// How far the nodes of a session have the files of its workspace.

/** A node as changes name it. */
export interface NamedNode {
  agentNodeId: number;
  nodeId: string;
}

const named = `"agentNodeId", (SELECT "nodeId" FROM "AgentNode" WHERE "AgentNode"."id" = "agentNodeId") AS "nodeId"`;

/** Marks the nodes that had everything until now. Parameter: the session. */
export const nodesLeftBehind = plainStatement<NamedNode>(
  `UPDATE "SessionNode" SET "syncStatus" = 'SYNCING' WHERE "sessionId" = ? AND "syncStatus" = 'SYNCED'
  RETURNING ${named}`,
);

/** Parameters: the session, the node. */
export const sessionNodeById = modelStatement<SessionNode>(
  'SessionNode',
  'SELECT * FROM "SessionNode" WHERE "sessionId" = ? AND "agentNodeId" = ?',
);

/** Parameters: the session, the name of the node whose versions were kept. */
export const hasConflicts = plainStatement<{ one: number }>(
  'SELECT 1 AS "one" FROM "WorkspaceConflict" WHERE "sessionId" = ? AND "nodeId" = ? LIMIT 1',
);

/**
 * Stores what a node has reported. Parameters: the status, when it last had everything, the error, the hash, the
 * revision, files done and in all, bytes done and in all, the session, the node.
 */
export const storeReport = plainStatement<NamedNode>(
  `UPDATE "SessionNode" SET "syncStatus" = ?, "lastSyncAt" = ?, "error" = ?, "manifestHash" = COALESCE(?, "manifestHash"), "syncRevision" = ?,
    "filesDone" = ?, "filesTotal" = ?, "bytesDone" = ?, "bytesTotal" = ?
  WHERE "sessionId" = ? AND "agentNodeId" = ? RETURNING ${named}`,
);
