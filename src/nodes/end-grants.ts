import type { Database } from '../storage/database.ts';

/** The table that this uses within a transaction. */
type Transaction = Pick<Database, 'toolGrant'>;

/**
 * Ends the grants for tools on a node, within the transaction that detaches the node or gives it a new token: what a
 * person allowed was allowed for the machine that had the node then.
 *
 * @param sessionId Only those of this session. Default: those of all sessions.
 * @returns The ids of the sessions that had such grants.
 */
export async function endGrants(tx: Transaction, agentNodeId: number, sessionId?: number): Promise<number[]> {
  const where = { agentNodeId, ...(sessionId !== undefined && { sessionId }) };
  const ended = await tx.toolGrant.findMany({ where, select: { sessionId: true }, distinct: ['sessionId'] });
  if (ended.length > 0) await tx.toolGrant.deleteMany({ where });
  return ended.map((grant) => grant.sessionId);
}
