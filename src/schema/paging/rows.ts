import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { sessionNotFound } from '../../errors.ts';
import type { Message, MessageAudio, Run, Session, ToolCall } from '../../generated/prisma/client.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { ownersOf } from '../access/owners.ts';

/** Rows read by one statement. The texts of so many rows fit into the memory, and are counted before more are read. */
const rowsPerStatement = 200;

/**
 * Loaders for the rows that other rows refer to. Prisma would build one query for each referring row. They have no
 * cache, because the context of a subscription lives long.
 */
export const rowsOf = createContextCache((context: Context) => {
  const { database } = context;
  return {
    session: oneLoader<Session>(
      context,
      (ids) => database.session.findMany({ where: { id: { in: ids }, ...notDeleted } }),
      ({ id }) => [id],
    ),
    message: oneLoader<Message>(
      context,
      async (ids) => {
        const messages = await database.message.findMany({ where: { id: { in: ids } } });
        // Messages that were cleared have no owner.
        const owners = await ownersOf(context).byType.Message.loadMany(messages.map(({ id }) => id));
        return messages.filter((_, index) => owners[index] !== null);
      },
      ({ id }) => [id],
    ),
    /** The run of a message, by the id of its prompt or its answer. */
    runOfMessage: oneLoader<Run>(
      context,
      (ids) =>
        database.run.findMany({
          where: { OR: [{ userMessageId: { in: ids } }, { assistantMessageId: { in: ids } }] },
        }),
      ({ userMessageId, assistantMessageId }) => [userMessageId, assistantMessageId],
    ),
    audioOfMessage: oneLoader<MessageAudio>(
      context,
      (ids) => database.messageAudio.findMany({ where: { messageId: { in: ids } } }),
      ({ messageId }) => [messageId],
    ),
    toolCallsOfMessage: toolCallLoader(context),
  };
});

/**
 * The session that another row belongs to.
 *
 * @throws GatewayError NOT_FOUND if the session was deleted after that row was read.
 */
export async function sessionOf(context: Context, sessionId: number): Promise<Session> {
  const session = await rowsOf(context).session.load(sessionId);
  if (session === null) throw sessionNotFound(sessionId);
  return session;
}

/**
 * Reads rows by their ids, some at a time, and counts their texts towards the budget of the result.
 *
 * @throws GatewayError QUERY_TOO_COMPLEX if the rows are too large.
 */
export async function readRows<Row extends object>(
  { resultBudget }: Context,
  ids: Iterable<number>,
  read: (ids: number[]) => Promise<Row[]>,
): Promise<Row[]> {
  const distinct = [...new Set(ids)];
  const rows: Row[] = [];
  for (let start = 0; start < distinct.length; start += rowsPerStatement) {
    resultBudget.check();
    const some = await read(distinct.slice(start, start + rowsPerStatement));
    resultBudget.load(some.reduce((length, row) => length + textLength(row), 0));
    rows.push(...some);
  }
  return rows;
}

/** A loader of one row for each id; null if there is no such row. */
function oneLoader<Row extends object>(
  context: Context,
  read: (ids: number[]) => Promise<Row[]>,
  idsOf: (row: Row) => (number | null)[],
): DataLoader<number, Row | null> {
  return new DataLoader(
    async (ids) => {
      const rows = new Map<number | null, Row>();
      for (const row of await readRows(context, ids, read)) {
        for (const id of idsOf(row)) rows.set(id, row);
      }
      return ids.map((id) => rows.get(id) ?? null);
    },
    { cache: false },
  );
}

/** Finds the ids of the calls first, because a message may have more calls than one statement may read. */
function toolCallLoader(context: Context): DataLoader<number, ToolCall[]> {
  const { toolCall } = context.database;
  return new DataLoader(
    async (messageIds) => {
      const found = await readRows(context, messageIds, (ids) =>
        toolCall.findMany({ where: { messageId: { in: ids } }, select: { id: true } }),
      );
      const ids = found.map(({ id }) => id);
      const calls = await readRows(context, ids, (some) =>
        toolCall.findMany({ where: { id: { in: some } } }),
      );
      const byMessage = new Map<number, ToolCall[]>(messageIds.map((id) => [id, []]));
      for (const call of calls.sort((a, b) => a.id - b.id)) byMessage.get(call.messageId)?.push(call);
      return messageIds.map((id) => byMessage.get(id) ?? []);
    },
    { cache: false },
  );
}

function textLength(row: object): number {
  let length = 0;
  for (const value of Object.values(row)) if (typeof value === 'string') length += value.length;
  return length;
}
