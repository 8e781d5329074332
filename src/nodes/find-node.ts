import { GatewayError } from '../errors.ts';
import type { AgentNode, Prisma } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';

/** The name of a node, as a user gives it. Several users may have nodes with the same `nodeId`. */
export interface NodeName {
  nodeId: string;
  /** The user who has the node. Null or undefined: the user who asks. */
  userId?: string | null | undefined;
}

/** The user who names a node. */
export interface Asker {
  userId: string;
  isAdmin: boolean;
  /** True with AUTH=none, where all clients are one user. */
  isAnonymous: boolean;
}

/**
 * Finds the node that a name means: the node of the user whom the name gives, otherwise the asker's own node. An admin
 * who has no such node means the node of the only user who has one.
 *
 * @param query What Pothos selects from the row.
 * @throws GatewayError BAD_USER_INPUT if an admin has no such node and several users have one.
 */
export async function findNode(
  database: Pick<Database, 'agentNode'>,
  { nodeId, userId }: NodeName,
  asker: Pick<Asker, 'userId' | 'isAdmin'>,
  query: Pick<Prisma.AgentNodeFindUniqueArgs, 'include' | 'select'> = {},
): Promise<AgentNode | null> {
  const owner = userId ?? asker.userId;
  const own = await database.agentNode.findUnique({
    ...query,
    where: { nodeId_userId: { nodeId, userId: owner } },
  });
  if (own || userId != null || !asker.isAdmin) return own;
  const [first, second] = await database.agentNode.findMany({ ...query, where: { nodeId }, take: 2 });
  if (second) {
    const message = `Several users have a node "${nodeId}": name one of them in userId.`;
    throw new GatewayError('BAD_USER_INPUT', message, { field: 'userId' });
  }
  return first ?? null;
}

/**
 * Picks one node for each name: the node of the first of `owners` who has one.
 *
 * @param orOfOther Whether it may also be the node of the only other user who has one.
 */
export function pickNodes(
  nodes: readonly AgentNode[],
  owners: readonly string[],
  orOfOther: boolean,
): AgentNode[] {
  const byName = new Map<string, AgentNode[]>();
  for (const node of nodes) {
    const namesakes = byName.get(node.nodeId);
    if (namesakes) namesakes.push(node);
    else byName.set(node.nodeId, [node]);
  }
  return [...byName.values()].flatMap((namesakes) => {
    const owner = owners.find((each) => namesakes.some(({ userId }) => userId === each));
    if (owner !== undefined) return namesakes.filter(({ userId }) => userId === owner);
    return orOfOther && namesakes.length === 1 ? namesakes : [];
  });
}
