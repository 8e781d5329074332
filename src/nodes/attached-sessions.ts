import type { Database } from '../storage/database.ts';

/** Tells the followers of these sessions that an attached node has changed, or was removed. */
export type AnnounceNode = (node: { id: number; nodeId: string }, sessionIds: number[]) => Promise<void>;

/** The ids of the sessions that a node is attached to. */
export async function attachedSessions(database: Database, agentNodeId: number): Promise<number[]> {
  const attached = await database.sessionNode.findMany({
    where: { agentNodeId },
    select: { sessionId: true },
  });
  return attached.map(({ sessionId }) => sessionId);
}
