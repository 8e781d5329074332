import type { ToolGrant } from '../../generated/prisma/client.ts';
import type { ToolApproval } from '../../generated/prisma/enums.ts';
import { amongIds, keptAsItIs } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** What a session allows its tools, with one of its grants. */
export interface PermissionRow {
  toolApproval: ToolApproval;
  /** Null, as are the columns behind it, in the only row of a session without grants. */
  grantId: number | null;
  toolName: string | null;
  argsHash: string | null;
  agentNodeId: number | null;
  grantedBy: string | null;
}

/** A row for each grant of a session, or one row if it has no grant. Parameter: sessionId. */
export const permissionsOfSession = plainStatement<PermissionRow>(
  `SELECT "toolApproval", "ToolGrant"."id" AS "grantId", "toolName", "argsHash", "agentNodeId", "grantedBy" FROM "Session"
  LEFT JOIN "ToolGrant" ON "sessionId" = "Session"."id" WHERE "Session"."id" = ?`,
);

/** Those of some grants that were not revoked. They cannot be revoked before the transaction ends. Parameter: the ids. */
export const standingGrants = plainStatement<{ id: number }>(
  `SELECT "id" FROM "ToolGrant" WHERE "id" ${amongIds} ${keptAsItIs}`,
);

/** Parameters: sessionId, toolName, args (JSON), argsHash, agentNodeId, grantedBy, createdAt. */
export const insertToolGrant = plainStatement<never>(
  `INSERT INTO "ToolGrant" ("sessionId", "toolName", "args", "argsHash", "agentNodeId", "grantedBy", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
);

/** Parameters: id, sessionId. */
export const deleteToolGrant = plainStatement<never>(
  'DELETE FROM "ToolGrant" WHERE "id" = ? AND "sessionId" = ?',
);

/** Parameter: id. */
export const toolGrantById = modelStatement<ToolGrant>(
  'ToolGrant',
  'SELECT * FROM "ToolGrant" WHERE "id" = ?',
);

/** The grants of sessions, oldest first. Parameter: the ids of the sessions. */
export const grantsOfSessions = modelStatement<ToolGrant>(
  'ToolGrant',
  `SELECT * FROM "ToolGrant" WHERE "sessionId" ${amongIds} ORDER BY "id"`,
);

/** The registered nodes that are attached to a session. Parameter: sessionId. */
export const grantableNodes = plainStatement<{ id: number }>(
  `SELECT "AgentNode"."id" FROM "SessionNode" JOIN "AgentNode" ON "AgentNode"."id" = "agentNodeId"
  WHERE "sessionId" = ? AND "tokenHash" IS NOT NULL`,
);
