import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { createLock } from '../../base/lock.ts';
import type { Context } from '../../context.ts';
import { sessionNotFound } from '../../errors.ts';
import {
  type Message,
  type MessageAudio,
  Prisma,
  type Run,
  type Session,
  type ToolCall,
} from '../../generated/prisma/client.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { ownersOf } from '../access/owners.ts';

/** Most rows that one statement reads. */
const rowsPerStatement = 200;
/** Bytes of text that one statement reads, unless a single row has more: reading takes three times as much memory. */
const bytesPerStatement = 4_000_000;

/** The bytes of the long texts of a message, in SQL. */
export const messageBytes = Prisma.sql`OCTET_LENGTH("content") + COALESCE(OCTET_LENGTH("reasoning"), 0)`;

/** A row that is to be read. */
export interface RowSize {
  id: number;
  /** Bytes of its long texts; 0 if it has none. */
  bytes: number;
}

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
      (ids) => messageSizes(context, ids),
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

/** The statements of one result that read long texts run one after the other, so that each knows what was read before. */
const lockOf = createContextCache(() => createLock());

/**
 * Reads rows with one statement, and counts their texts towards the budget of the result. Use it for all rows that have
 * long texts, and for a page of them at most.
 *
 * @throws GatewayError QUERY_TOO_COMPLEX if the rows of the result are too large.
 */
export async function chargeRows<Row>(context: Context, read: () => Promise<Row[]>): Promise<Row[]> {
  const { resultBudget } = context;
  const release = await lockOf(context)();
  try {
    resultBudget.check();
    const rows = await read();
    resultBudget.load(rows.reduce((length, row) => length + textLength(row), 0));
    return rows;
  } finally {
    release();
  }
}

export async function messageSizes({ database }: Context, ids: readonly number[]): Promise<RowSize[]> {
  return database.$queryRaw<RowSize[]>`
    SELECT "id", ${messageBytes} AS "bytes" FROM "Message"
    WHERE "id" IN (SELECT "value" FROM json_each(${JSON.stringify(ids)}))`;
}

/**
 * Reads rows, some at a time, and counts their texts towards the budget of the result.
 *
 * @throws GatewayError QUERY_TOO_COMPLEX if the rows are too large.
 */
export async function readRows<Row>(
  context: Context,
  sizes: Iterable<RowSize>,
  read: (ids: number[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const ids of idsPerStatement(sizes)) rows.push(...(await chargeRows(context, () => read(ids))));
  return rows;
}

function idsPerStatement(sizes: Iterable<RowSize>): number[][] {
  const statements: number[][] = [];
  let ids: number[] = [];
  let total = 0;
  // SQLite's numbers may come as BigInt.
  for (const [id, bytes] of new Map(Array.from(sizes, (row) => [Number(row.id), Number(row.bytes)]))) {
    const isFull = ids.length === rowsPerStatement || total + bytes > bytesPerStatement;
    if (statements.length === 0 || (isFull && ids.length > 0)) {
      ids = [];
      total = 0;
      statements.push(ids);
    }
    ids.push(id);
    total += bytes;
  }
  return statements;
}

/**
 * A loader of one row for each id; null if there is no such row.
 *
 * @param sizesOf Finds the sizes of rows that may have long texts. Default: the rows have none.
 */
function oneLoader<Row extends object>(
  context: Context,
  read: (ids: number[]) => Promise<Row[]>,
  idsOf: (row: Row) => (number | null)[],
  sizesOf: (ids: readonly number[]) => Promise<RowSize[]> = async (ids) => ids.map(withoutText),
): DataLoader<number, Row | null> {
  return new DataLoader(
    async (ids) => {
      const rows = new Map<number | null, Row>();
      for (const row of await readRows(context, await sizesOf(ids), read)) {
        for (const id of idsOf(row)) rows.set(id, row);
      }
      return ids.map((id) => rows.get(id) ?? null);
    },
    { cache: false },
  );
}

/** Finds the ids and sizes of the calls first, because a message may have more calls than one statement may read. */
function toolCallLoader(context: Context): DataLoader<number, ToolCall[]> {
  const { database } = context;
  return new DataLoader(
    async (messageIds) => {
      const found = await database.$queryRaw<RowSize[]>`
        SELECT "id", OCTET_LENGTH("args") + COALESCE(OCTET_LENGTH("result"), 0) AS "bytes"
        FROM "ToolCall"
        WHERE "messageId" IN (SELECT "value" FROM json_each(${JSON.stringify(messageIds)}))`;
      const calls = await readRows(context, found, (ids) =>
        database.toolCall.findMany({ where: { id: { in: ids } } }),
      );
      const byMessage = new Map<number, ToolCall[]>(messageIds.map((id) => [id, []]));
      for (const call of calls.sort((a, b) => a.id - b.id)) byMessage.get(call.messageId)?.push(call);
      return messageIds.map((id) => byMessage.get(id) ?? []);
    },
    { cache: false },
  );
}

function withoutText(id: number): RowSize {
  return { id, bytes: 0 };
}

function textLength(row: unknown): number {
  let length = 0;
  if (typeof row !== 'object' || row === null) return length;
  for (const value of Object.values(row)) if (typeof value === 'string') length += value.length;
  return length;
}
