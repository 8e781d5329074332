import type { Context } from '../context.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { notDeleted } from '../storage/hidden-rows.ts';
import { ownerFilter } from './access/access.ts';
import { ownersOf } from './access/owners.ts';

// Resolvers for the rows that an event names by their numbers. Each takes what the client selects from Pothos, and
// returns null if the row has been deleted.

type Query<FindArgs extends { include?: unknown; select?: unknown }> = Pick<FindArgs, 'include' | 'select'>;

export async function findRun(
  query: Query<Prisma.RunFindUniqueArgs>,
  { runId }: { runId: number },
  _args: unknown,
  { database }: Context,
) {
  return database.run.findUnique({ ...query, where: { id: runId, session: notDeleted } });
}

export async function findSession(
  query: Query<Prisma.SessionFindUniqueArgs>,
  { sessionId }: { sessionId: number },
  _args: unknown,
  { database }: Context,
) {
  return database.session.findUnique({ ...query, where: { id: sessionId, ...notDeleted } });
}

/** The session with this id, if the viewer may see it. */
export async function findOwnSession(
  query: Query<Prisma.SessionFindUniqueArgs>,
  id: number,
  context: Context,
) {
  const where = { id, ...notDeleted, ...ownerFilter(context) };
  return context.database.session.findUnique({ ...query, where });
}

export async function findMessage(
  query: Query<Prisma.MessageFindUniqueArgs>,
  { messageId }: { messageId: number | null },
  _args: unknown,
  context: Context,
) {
  if (messageId === null || (await isMissing(context, messageId))) return null;
  return context.database.message.findUnique({ ...query, where: { id: messageId } });
}

/** The tool calls of a message, in the order in which they were made; empty if the message has been deleted. */
export async function findToolCalls(
  query: Query<Prisma.ToolCallFindManyArgs>,
  { messageId }: { messageId: number | null },
  _args: unknown,
  context: Context,
) {
  if (messageId === null || (await isMissing(context, messageId))) return [];
  return context.database.toolCall.findMany({ ...query, where: { messageId }, orderBy: { id: 'asc' } });
}

/** Whether a message was deleted, even if its row is still there. */
async function isMissing(context: Context, messageId: number): Promise<boolean> {
  return (await ownersOf(context).byType.Message.load(messageId)) === null;
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
