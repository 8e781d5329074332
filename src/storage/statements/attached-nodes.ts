import type { AgentNode } from '../../generated/prisma/client.ts';
import type { ToolApproval } from '../../generated/prisma/enums.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// Nodes that are switched off do not count as attached.

/**
 * What a session says about the calls of its tools. The workspace is null if it is not shared. Parameters: sessionId.
 */
export const toolSession = plainStatement<{ toolApproval: ToolApproval; workspaceId: string | null }>(
  `SELECT "toolApproval", "workspaceId" FROM "Session"
  LEFT JOIN "Workspace" ON "sessionId" = "Session"."id" AND "isShared" = TRUE WHERE "Session"."id" = ?`,
);

/** The nodes that are attached to a session, in the order in which they were attached. Parameters: sessionId. */
export const attachedNodes = modelStatement<AgentNode>(
  'AgentNode',
  `SELECT "AgentNode".* FROM "SessionNode" JOIN "AgentNode" ON "AgentNode"."id" = "agentNodeId" AND "isActive" = TRUE
  WHERE "sessionId" = ? ORDER BY "attachedAt", "agentNodeId"`,
);

/** A row if the node is attached to the session. Parameters: sessionId, agentNodeId. */
export const attachedNode = plainStatement<{ agentNodeId: number }>(
  `SELECT "agentNodeId" FROM "SessionNode" JOIN "AgentNode" ON "AgentNode"."id" = "agentNodeId" AND "isActive" = TRUE
  WHERE "sessionId" = ? AND "agentNodeId" = ?`,
);
