import { maxId } from '../../base/global-id.ts';
import type { AgentNode, SessionNode, Workspace, WorkspaceConflict } from '../../generated/prisma/client.ts';
import type { ChangeOwner } from './changes.ts';
import { amongIds } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
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

/** The oldest 1,000 conflicts of each session, oldest first. Parameter: the ids of the sessions. */
export const conflictsOfSessions = modelStatement<WorkspaceConflict>(
  'WorkspaceConflict',
  `SELECT * FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY "sessionId" ORDER BY "id") AS "place" FROM "WorkspaceConflict"
    WHERE "sessionId" ${amongIds}) AS "row" WHERE "place" <= 1000 ORDER BY "id"`,
);

/** Parameter: where to stop counting. */
export const countOfNodes = plainStatement<{ count: number }>(
  'SELECT count(*) AS "count" FROM (SELECT 1 FROM "AgentNode" LIMIT ?) AS "rows"',
);

/** The nodes of a user, or of all users. */
const nodesOf = (equal: string[]) => ({ equal, columns: ['"id"'] });

const pageOfNodes = (equal: string[], direction: 'ASC' | 'DESC') =>
  modelStatement<AgentNode>(
    'AgentNode',
    `SELECT * FROM "AgentNode" WHERE ${inIndex(nodesOf(equal), '>', '?')} AND ${inIndex(nodesOf(equal), '<', '?')}
    ${indexOrder(nodesOf(equal), direction)} LIMIT ?`,
  );

/** A page of all nodes. Parameters: after, before, limit. */
export const pagesOfNodes = { asc: pageOfNodes([], 'ASC'), desc: pageOfNodes([], 'DESC') };

const ofUser = ['"userId" = ?'];

/** A page of the nodes of a user. Parameters: the user, after, the user, before, limit. */
export const pagesOfOwnNodes = { asc: pageOfNodes(ofUser, 'ASC'), desc: pageOfNodes(ofUser, 'DESC') };

/** Parameters: the user, twice, where to stop counting. */
export const countOfOwnNodes = plainStatement<{ count: number }>(
  `SELECT count(*) AS "count" FROM (SELECT 1 FROM "AgentNode" WHERE ${inIndex(nodesOf(ofUser), '>', '0')}
    AND ${inIndex(nodesOf(ofUser), '<', String(maxId))} ${indexOrder(nodesOf(ofUser), 'ASC')} LIMIT ?) AS "rows"`,
);
