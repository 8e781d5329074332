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
 * Stores what a node has reported. The state of its folder counts only from the process of the agent that has connected
 * last. Parameters: the status, when it last had everything, the error, the hash, the revision, files done and in all,
 * bytes done and in all, the most bytes of a result, the process of the agent, the state of the folder, the session, the
 * node.
 */
export const storeReport = plainStatement<NamedNode>(
  `UPDATE "SessionNode" SET "syncStatus" = ?, "lastSyncAt" = ?, "error" = ?, "manifestHash" = COALESCE(?, "manifestHash"), "syncRevision" = ?,
    "filesDone" = ?, "filesTotal" = ?, "bytesDone" = ?, "bytesTotal" = ?, "maxResultBytes" = ?,
    "folderState" = CASE WHEN "agentInstance" IS NULL OR "agentInstance" = ? THEN ? END
  WHERE "sessionId" = ? AND "agentNodeId" = ? RETURNING ${named}`,
);

/** What is known of the folder of a node. Parameters: the session, the node. */
export const folderOfNode = plainStatement<
  Pick<SessionNode, 'syncStatus' | 'syncRevision' | 'folderState' | 'maxResultBytes' | 'openWrite'>
>(
  `SELECT "syncStatus", "syncRevision", "folderState", "maxResultBytes", "openWrite" FROM "SessionNode"
  WHERE "sessionId" = ? AND "agentNodeId" = ?`,
);

/** Notes a dispatch that may change files of a node. Parameters: the dispatch, the session, the node. */
export const openWrite = plainStatement(
  'UPDATE "SessionNode" SET "openWrite" = ? WHERE "sessionId" = ? AND "agentNodeId" = ?',
);

/** The workspace has what a dispatch has changed. Parameters: the session, the node, the dispatch. */
export const closeWrite = plainStatement(
  'UPDATE "SessionNode" SET "openWrite" = NULL WHERE "sessionId" = ? AND "agentNodeId" = ? AND "openWrite" = ?',
);
