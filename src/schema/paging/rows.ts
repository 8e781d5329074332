import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { groupBy } from '../../base/group-by.ts';
import { lazyFields } from '../../base/lazy-fields.ts';
import { createLock } from '../../base/lock.ts';
import type { Context } from '../../context.ts';
import { sessionNotFound } from '../../errors.ts';
import type {
  AgentNode,
  Attachment,
  ContextSummary,
  Message,
  MessageAudio,
  ModelUsage,
  Run,
  Session,
  SessionNode,
  ToolCall,
  ToolGrant,
  Workspace,
  WorkspaceConflict,
} from '../../generated/prisma/client.ts';
import { summariesOfMessages } from '../../storage/statements/context-summaries.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  audioOfMessages,
  messagesByIds,
  type RowSize,
  sizesOfMessages,
  sizesOfToolCalls,
  toolCallsByIds,
} from '../../storage/statements/messages.ts';
import {
  agentNodesByIds,
  conflictsOfSessions,
  nodesOfSessions,
  workspacesOfSessions,
} from '../../storage/statements/nodes.ts';
import { runsByIds, runsOfMessages } from '../../storage/statements/runs.ts';
import { sessionsByIds, usageOfSessions } from '../../storage/statements/sessions.ts';
import type { MaybePromise, Statement } from '../../storage/statements/statement.ts';
import { grantsOfSessions } from '../../storage/statements/tool-grants.ts';
import { attachmentsOfMessages } from '../../storage/statements/uploads.ts';
import { ownersOf } from '../access/owners.ts';
import { andThen, type Relation, readTogether, relatedRows } from './related-rows.ts';

/** Most rows that one statement reads. */
const rowsPerStatement = 200;
/** Bytes of text that one statement reads, unless a single row has more: reading takes three times as much memory. */
const bytesPerStatement = 4_000_000;

/**
 * Loaders for the rows that other rows refer to. Prisma would build one query for each referring row. They have no
 * cache, because the context of a subscription lives long.
 */
export const rowsOf = createContextCache(
  lazyFields<Context>()({
    session: (context) => oneLoader<Session>(context, byIds(context, sessionsByIds), ({ id }) => [id]),
    message: (context) =>
      oneLoader<Message>(
        context,
        async (ids) => {
          const messages = await byIds(context, messagesByIds)(ids);
          // Messages that were cleared have no owner.
          const owners = await ownersOf(context).Message.loadMany(messages.map(({ id }) => id));
          return messages.filter((_, index) => owners[index] !== null);
        },
        ({ id }) => [id],
        (ids) => messageSizes(context, ids),
      ),
    run: (context) => oneLoader<Run>(context, byIds(context, runsByIds), ({ id }) => [id]),
    /** The run of a message, by the id of its prompt or its answer. */
    runOfMessage: (context) =>
      oneLoader<Run>(
        context,
        (ids) => context.statements.all(runsOfMessages, [idList(ids), idList(ids)]),
        ({ userMessageId, assistantMessageId }) => [userMessageId, assistantMessageId],
      ),
    audioOfMessage: (context) =>
      relationLoader(context, byIds<MessageAudio>(context, audioOfMessages), ({ messageId }) => messageId),
    summaryOfMessage: (context) =>
      relationLoader<ContextSummary>(
        context,
        byIds(context, summariesOfMessages),
        ({ throughId }) => throughId,
      ),
    attachmentsOfMessage: (context) =>
      relationLoader<Attachment & { messageId: number }>(
        context,
        byIds(context, attachmentsOfMessages),
        ({ messageId }) => messageId,
      ),
    toolCallsOfMessage: (context) =>
      relationLoader(
        context,
        (ids) => toolCallsOf(context, ids),
        ({ messageId }) => messageId,
      ),
    nodesOfSession: (context) =>
      relationLoader(
        context,
        (ids) => attachedNodes(context, ids),
        ({ sessionId }) => sessionId,
      ),
    grantsOfSession: (context) =>
      relationLoader(context, byIds<ToolGrant>(context, grantsOfSessions), ({ sessionId }) => sessionId),
    workspaceOfSession: (context) =>
      relationLoader(context, byIds<Workspace>(context, workspacesOfSessions), ({ sessionId }) => sessionId),
    conflictsOfSession: (context) =>
      relationLoader(
        context,
        byIds<WorkspaceConflict>(context, conflictsOfSessions),
        ({ sessionId }) => sessionId,
      ),
    usageOfSession: (context) =>
      relationLoader(context, byIds<ModelUsage>(context, usageOfSessions), ({ sessionId }) => sessionId),
  }),
);

/** Reads the rows that a statement finds by a list of ids. */
function byIds<Row>({ statements }: Context, statement: Statement<Row>) {
  return (ids: number[]): MaybePromise<Row[]> => statements.all(statement, [idList(ids)]);
}

/** The first of the rows that belong to a row; null if there is no such row. */
export function firstOf<Row>(rows: MaybePromise<readonly Row[]>): MaybePromise<Row | null> {
  return andThen(rows, ([first]) => first ?? null);
}

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
export async function chargeRows<Row>(context: Context, read: () => MaybePromise<Row[]>): Promise<Row[]> {
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

export async function messageSizes({ statements }: Context, ids: readonly number[]): Promise<RowSize[]> {
  return statements.all(sizesOfMessages, [idList(ids)]);
}

/**
 * Reads rows, some at a time, and counts their texts towards the budget of the result.
 *
 * @throws GatewayError QUERY_TOO_COMPLEX if the rows are too large.
 */
export async function readRows<Row>(
  context: Context,
  sizes: Iterable<RowSize>,
  read: (ids: number[]) => MaybePromise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const ids of idsPerStatement(sizes)) rows.push(...(await chargeRows(context, () => read(ids))));
  return rows;
}

function idsPerStatement(sizes: Iterable<RowSize>): number[][] {
  const statements: number[][] = [];
  let ids: number[] = [];
  let total = 0;
  for (const [id, bytes] of new Map(Array.from(sizes, (row) => [row.id, row.bytes]))) {
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
function oneLoader<Row extends { id: number }>(
  context: Context,
  read: (ids: number[]) => MaybePromise<Row[]>,
  idsOf: (row: Row) => (number | null)[],
  sizesOf: (ids: readonly number[]) => Promise<RowSize[]> = async (ids) => ids.map(withoutText),
): DataLoader<number, Row | null> {
  return new DataLoader(
    async (ids) => {
      const rows = new Map<number | null, Row>();
      for (const row of readTogether(await readRows(context, await sizesOf(ids), read))) {
        for (const id of idsOf(row)) rows.set(id, row);
      }
      return ids.map((id) => rows.get(id) ?? null);
    },
    { cache: false },
  );
}

/** An attached node together with the node itself. */
export type AttachedNode = SessionNode & { node: AgentNode };

/** The nodes that are attached to these sessions, in the order in which they were attached. */
export function attachedNodes(
  { statements }: Pick<Context, 'statements'>,
  sessionIds: number[],
): MaybePromise<AttachedNode[]> {
  return andThen(statements.all(nodesOfSessions, [idList(sessionIds)]), (attached) => {
    if (attached.length === 0) return [];
    const ids = idList(attached.map(({ agentNodeId }) => agentNodeId));
    return andThen(statements.all(agentNodesByIds, [ids]), (nodes) => {
      const byId = new Map(nodes.map((node) => [node.id, node]));
      // A node that was deleted in between is not attached any more.
      return attached.flatMap((row) => {
        const node = byId.get(row.agentNodeId);
        return node ? [{ ...row, node }] : [];
      });
    });
  });
}

/** The tool calls of these messages, in the order in which they were made. Finds their ids and sizes first, because a message may have more calls than one statement may read. */
export function toolCallsOf(context: Context, messageIds: number[]): MaybePromise<ToolCall[]> {
  const { statements } = context;
  return andThen(statements.all(sizesOfToolCalls, [idList(messageIds)]), (found) => {
    if (found.length === 0) return [];
    const calls = readRows(context, found, (ids) => statements.all(toolCallsByIds, [idList(ids)]));
    return calls.then((rows) => rows.sort((a, b) => a.id - b.id));
  });
}

/** Finds the rows that belong to a row: those of a whole page at once, or through a loader. */
function relationLoader<Related>(
  { resultBudget }: Context,
  read: Relation<Related>['read'],
  ownerOf: (row: Related) => number,
) {
  const relation: Relation<Related> = { read, ownerOf };
  const loader = new DataLoader<number, Related[]>(
    async (ids) => {
      resultBudget.check();
      const byOwner = groupBy(await read([...ids]), ownerOf);
      return ids.map((id) => byOwner.get(id) ?? []);
    },
    { cache: false },
  );
  return {
    of: (row: { id: number }): MaybePromise<Related[]> => relatedRows(row, relation) ?? loader.load(row.id),
    /** Begins to read for the whole page of a row; undefined if it was read alone. */
    ofPage: (row: { id: number }) => relatedRows(row, relation),
  };
}

function withoutText(id: number): RowSize {
  return { id, bytes: 0 };
}

function textLength(row: unknown): number {
  let length = 0;
  if (typeof row !== 'object' || row === null) return length;
  // Twice as fast as a loop over `Object.values`, which makes an array for each row.
  for (const name in row) {
    const value: unknown = row[name as keyof typeof row];
    if (typeof value === 'string') length += value.length;
  }
  return length;
}
