import type { Context } from '../context.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { ownerFilter } from './access/access.ts';

/**
 * The node that a tool call is meant for, as far as it is the viewer's: its name may have gone to another user
 * since. Null where the call needs none, or the node was deleted.
 *
 * @param query What is selected of it, as Pothos says.
 */
export async function findCallNode(
  query: Pick<Prisma.AgentNodeFindUniqueArgs, 'include' | 'select'>,
  { nodeId }: { nodeId: string | null },
  context: Context,
) {
  if (nodeId === null) return null;
  const where = { nodeId, ...ownerFilter(context) };
  return context.database.agentNode.findUnique({ ...query, where });
}
