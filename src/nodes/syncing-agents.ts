import type { Database } from '../storage/database.ts';

type Transaction = Pick<Database, 'sessionNode'>;

const tooOld = { syncStatus: 'ERROR', error: 'The agent is too old to sync files.' } as const;

/** Says of those nodes of a session that cannot share its files why. A node that never connected may have any agent. */
export async function refuseOldAgents(tx: Transaction, sessionId: number): Promise<void> {
  const node = { syncsWorkspaces: false, lastSeenAt: { not: null } };
  await tx.sessionNode.updateMany({ where: { sessionId, syncStatus: 'PENDING', node }, data: tooOld });
}

interface ConnectedAgent {
  syncsWorkspaces: boolean;
  /** The random id of its process. */
  instanceId: string;
}

/**
 * Says whether a node can share files now that its agent has connected. What an earlier process of the agent has said
 * about folders does not count any more.
 */
export async function noteAgent(
  tx: Transaction,
  agentNodeId: number,
  { syncsWorkspaces, instanceId }: ConnectedAgent,
): Promise<void> {
  const isOther = { OR: [{ agentInstance: null }, { agentInstance: { not: instanceId } }] };
  await tx.sessionNode.updateMany({
    where: { agentNodeId, ...isOther },
    data: { agentInstance: instanceId, folderState: null, openWrite: null },
  });
  const session = { workspace: { isShared: true } };
  if (syncsWorkspaces) {
    const data = { syncStatus: 'PENDING', error: null } as const;
    await tx.sessionNode.updateMany({ where: { agentNodeId, ...tooOld }, data });
  } else {
    await tx.sessionNode.updateMany({ where: { agentNodeId, session }, data: tooOld });
  }
}
