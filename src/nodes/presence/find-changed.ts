import type { AgentNode } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { InboxClosedReason } from '../dispatch/node-command.ts';
import type { NodeIdentity } from './connected-nodes.ts';

/** Finds the connected nodes that another process has deleted, switched off or given a new token. */
export async function findChanged(
  database: Pick<Database, 'agentNode'>,
  connected: readonly NodeIdentity[],
): Promise<{ identity: NodeIdentity; reason: InboxClosedReason }[]> {
  if (connected.length === 0) return [];
  const rows = await database.agentNode.findMany({
    where: { id: { in: connected.map(({ id }) => id) } },
    select: { id: true, tokenHash: true, isActive: true },
  });
  const now = new Map(rows.map((row) => [row.id, row]));
  return connected.flatMap((identity) => {
    const reason = whyDisconnect(identity, now.get(identity.id));
    return reason ? [{ identity, reason }] : [];
  });
}

function whyDisconnect(
  { tokenHash }: NodeIdentity,
  row: Pick<AgentNode, 'tokenHash' | 'isActive'> | undefined,
): InboxClosedReason | undefined {
  if (row === undefined) return 'NODE_DELETED';
  if (row.tokenHash !== tokenHash) return 'TOKEN_REVOKED';
  return row.isActive ? undefined : 'NODE_DISABLED';
}
