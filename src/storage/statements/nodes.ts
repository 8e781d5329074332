import type { AgentNode, SessionNode, Workspace } from '../../generated/prisma/client.ts';
import type { ChangeOwner } from './changes.ts';
import { amongIds } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** The nodes of sessions, in the order in which they were attached. Parameter: the ids of the sessions. */
export const nodesOfSessions = modelStatement<SessionNode>(
  'SessionNode',
  `SELECT * FROM "SessionNode" WHERE "sessionId" ${amongIds} ORDER BY "attachedAt", "agentNodeId"`,
);

/** Parameter: the ids. */
export const agentNodesByIds = modelStatement<AgentNode>(
  'AgentNode',
  `SELECT * FROM "AgentNode" WHERE "id" ${amongIds}`,
);

/** The user of a node, and the sessions that have the node with their users. Parameters: the node, twice. */
export const ownersOfNode = plainStatement<ChangeOwner>(
  `SELECT NULL AS "sessionId", "userId" FROM "AgentNode" WHERE "id" = ?
  UNION ALL SELECT "sessionId", "userId" FROM "SessionNode" JOIN "Session" ON "Session"."id" = "sessionId"
  WHERE "agentNodeId" = ?`,
);

/** Parameter: the ids of the sessions. */
export const workspacesOfSessions = modelStatement<Workspace>(
  'Workspace',
  `SELECT * FROM "Workspace" WHERE "sessionId" ${amongIds}`,
);

/** Parameter: where to stop counting. */
export const countOfNodes = plainStatement<{ count: number }>(
  'SELECT count(*) AS "count" FROM (SELECT 1 FROM "AgentNode" LIMIT ?) AS "rows"',
);

/** Parameters: the user, where to stop counting. */
export const countOfOwnNodes = plainStatement<{ count: number }>(
  'SELECT count(*) AS "count" FROM (SELECT 1 FROM "AgentNode" WHERE "userId" = ? LIMIT ?) AS "rows"',
);
