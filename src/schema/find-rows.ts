import type { Context } from '../context.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { ownerFilter } from './access/access.ts';

// Resolvers for the rows that an event names by their numbers. Each takes what the client selects from Pothos, and
// returns null if the row has been deleted.

type Query<FindArgs extends { include?: unknown; select?: unknown }> = Pick<FindArgs, 'include' | 'select'>;

export async function findRun(
  query: Query<Prisma.RunFindUniqueArgs>,
  { runId }: { runId: number },
  _args: unknown,
  { database }: Context,
) {
  return database.run.findUnique({ ...query, where: { id: runId } });
}

export async function findSession(
  query: Query<Prisma.SessionFindUniqueArgs>,
  { sessionId }: { sessionId: number },
  _args: unknown,
  { database }: Context,
) {
  return database.session.findUnique({ ...query, where: { id: sessionId } });
}

export async function findMessage(
  query: Query<Prisma.MessageFindUniqueArgs>,
  { messageId }: { messageId: number | null },
  _args: unknown,
  { database }: Context,
) {
  return messageId === null ? null : database.message.findUnique({ ...query, where: { id: messageId } });
}

/** The tool calls of a message, in the order in which they were made; empty if the message has been deleted. */
export async function findToolCalls(
  query: Query<Prisma.ToolCallFindManyArgs>,
  { messageId }: { messageId: number | null },
  _args: unknown,
  { database }: Context,
) {
  if (messageId === null) return [];
  return database.toolCall.findMany({ ...query, where: { messageId }, orderBy: { id: 'asc' } });
}

/** The node that a tool call names. Null if it was deleted, or for the node of another user that an admin attached. */
export async function findCallNode(
  query: Query<Prisma.AgentNodeFindUniqueArgs>,
  { agentNodeId }: { agentNodeId: number | null },
  _args: unknown,
  context: Context,
) {
  if (agentNodeId === null) return null;
  const where = { id: agentNodeId, ...ownerFilter(context) };
  return context.database.agentNode.findUnique({ ...query, where });
}
