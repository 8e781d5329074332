import type { Context } from '../context.ts';
import type { Message, Prisma, Run, Session } from '../generated/prisma/client.ts';
import { visibleMessageById } from '../storage/statements/exchanges.ts';
import { visibleRunById } from '../storage/statements/run-states.ts';
import { sessionById } from '../storage/statements/sessions.ts';
import { ownerFilter, ownerOf } from './access/access.ts';
import { ownersOf } from './access/owners.ts';
import { readTogether } from './paging/related-rows.ts';

// Resolvers for the rows that an event names by their numbers. Each returns null if the row has been deleted. Those of
// the rare events take what the client selects from Pothos.

type Query<FindArgs extends { include?: unknown; select?: unknown }> = Pick<FindArgs, 'include' | 'select'>;

export async function findRun(
  { runId }: { runId: number },
  _args: unknown,
  { statements }: Context,
): Promise<Run | null> {
  return (await statements.get(visibleRunById, [runId])) ?? null;
}

export async function findSession(
  { sessionId }: { sessionId: number },
  _args: unknown,
  { statements }: Context,
): Promise<Session | null> {
  return (await statements.get(sessionById, [sessionId])) ?? null;
}

/** The session with this id, if the viewer may see it. */
export async function findOwnSession(id: number, context: Context): Promise<Session | null> {
  const owner = ownerOf(context);
  const session = await context.statements.get(sessionById, [id]);
  if (!session || (owner !== undefined && session.userId !== owner)) return null;
  readTogether([session]);
  return session;
}

export async function findMessage(
  { messageId }: { messageId: number | null },
  _args: unknown,
  { statements }: Context,
): Promise<Message | null> {
  return messageId === null ? null : ((await statements.get(visibleMessageById, [messageId])) ?? null);
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
  return (await ownersOf(context).Message.load(messageId)) === null;
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
