import type { ToolApproval } from '../../../generated/prisma/enums.ts';
import type { Reader } from '../../../storage/statements/statement.ts';
import { permissionsOfSession } from '../../../storage/statements/tool-grants.ts';
import { anyArgs, argsHash } from './args-hash.ts';

/** What is compared of a call and a grant. */
export interface GrantedCall {
  name: string;
  /** The arguments with which the call runs. */
  args: unknown;
  /** The database id of the node on which it runs; null if the tool needs no node. */
  agentNodeId: number | null;
}

export interface Grant {
  id: number;
  toolName: string;
  argsHash: string;
  agentNodeId: number | null;
  /** The `userId` of the user who gave it. */
  grantedBy: string;
}

/** What a session allows its tools. */
export interface Permissions {
  toolApproval: ToolApproval;
  grants: readonly Grant[];
}

/** A session that was deleted allows nothing. */
export async function readPermissions(reader: Reader, sessionId: number): Promise<Permissions> {
  const rows = await reader.all(permissionsOfSession, [sessionId]);
  const grants = rows.flatMap(({ grantId, toolName, argsHash: hash, agentNodeId, grantedBy }): Grant[] =>
    grantId === null || toolName === null || hash === null || grantedBy === null
      ? []
      : [{ id: grantId, toolName, argsHash: hash, agentNodeId, grantedBy }],
  );
  return { toolApproval: rows[0]?.toolApproval ?? 'DENY', grants };
}

/** The grant that lets a call run without asking. Undefined if the user must be asked. */
export function grantFor(call: GrantedCall, grants: readonly Grant[]): Grant | undefined {
  const ofTool = grants.filter(
    ({ toolName, agentNodeId }) => toolName === call.name && agentNodeId === call.agentNodeId,
  );
  if (ofTool.length === 0) return undefined;
  const hash = argsHash(call.args);
  return ofTool.find((grant) => grant.argsHash === anyArgs || grant.argsHash === hash);
}
