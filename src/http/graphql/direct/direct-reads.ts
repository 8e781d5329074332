import { type DocumentNode, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { decodeId } from '../../../base/global-id.ts';
import type { Context } from '../../../context.ts';
import type { Session } from '../../../generated/prisma/client.ts';
import {
  GetMessagesDocument,
  type GetMessagesQuery,
  type GetMessagesQueryVariables,
  GetSessionDocument,
  type GetSessionQuery,
  type GetSessionQueryVariables,
  ListSessionsDocument,
  type ListSessionsQuery,
  type ListSessionsQueryVariables,
} from '../../../gql/graphql.ts';
import { limitResult } from '../../../limits/result-budget.ts';
import { ownerOf } from '../../../schema/access/access.ts';
import { findOwnSession } from '../../../schema/find-rows.ts';
import { schema } from '../../../schema/index.ts';
import { nameText } from '../../../schema/input-checks.ts';
import { tagText } from '../../../schema/label-checks.ts';
import { countPage } from '../../../schema/paging/count-rows.ts';
import { countSessions, pageOfSessions } from '../../../schema/paging/list-sessions.ts';
import { loadersOf, pageOfMessages } from '../../../schema/paging/page-per-parent.ts';
import { byCreation } from '../../../schema/paging/session-order.ts';
import { createResultSize, type ResultSize } from '../budget/result-size.ts';
import { messageData } from './message-data.ts';
import { sessionData } from './session-data.ts';

/** Reads the data of a document; undefined if graphql-js must execute it. */
type Read = (context: Context, variables: never) => Promise<object | undefined>;

interface DirectRead {
  read: Read;
  sizeOf: (data: object) => ResultSize;
}

/**
 * The documents that REST is asked for most, read without graphql-js: it would take two thirds of the time of a list. The
 * functions that decide who may see what, read the pages and limit the rows are those of the resolvers. What is refused,
 * fails or is unusual is left to graphql-js, so that its errors are the same.
 */
const reads: [DocumentNode, Read][] = [
  [GetSessionDocument, readSession],
  [ListSessionsDocument, readSessions],
  [GetMessagesDocument, readMessages],
];
const directReads = new Map<DocumentNode, DirectRead>(
  reads.map(([document, read]) => [document, { read, sizeOf: createResultSize(schema, document) }]),
);

/**
 * Executes a document of the gateway as graphql-js would.
 *
 * @param otherwise Executes a document that is not read directly.
 */
export function executeDirectly(
  args: ExecutionArgs,
  otherwise = execute,
): ExecutionResult | Promise<ExecutionResult> {
  const direct = directReads.get(args.document);
  return direct ? readDirectly(direct, args) : otherwise(args);
}

async function readDirectly({ read, sizeOf }: DirectRead, args: ExecutionArgs): Promise<ExecutionResult> {
  const context = args.contextValue as Context;
  const { resultBudget } = context;
  try {
    const data = await read(context, (args.variableValues ?? {}) as never);
    if (data) {
      const { fields, bytes } = sizeOf(data);
      resultBudget.spend(bytes, fields);
      return { data: data as Record<string, unknown> };
    }
  } catch {
    // A result that is too large would be too large again, and take the time twice.
    if (resultBudget.exceeded) return limitResult(resultBudget, {});
  }
  resultBudget.begin();
  return execute(args);
}

async function readSession(
  context: Context,
  { id }: GetSessionQueryVariables,
): Promise<GetSessionQuery | undefined> {
  const session = await ownSession(context, id);
  if (!session) return undefined;
  const [data] = await sessionData(context, [session]);
  return data && { session: data };
}

async function readSessions(
  context: Context,
  { first, after, upTo, counts, ...filter }: ListSessionsQueryVariables,
): Promise<ListSessionsQuery | undefined> {
  const { userId, featureName, tag, search } = filter;
  const owner = ownerOf(context);
  if ((owner !== undefined && owner !== userId) || !isName(userId)) return undefined;
  if (featureName != null && !isName(featureName)) return undefined;
  if ((tag != null && !isTag(tag)) || search != null) return undefined;
  const page = await pageOfSessions(context, filter, { first, after }, byCreation);
  const nodes = await sessionData(context, nodesOf(page));
  const count = () =>
    isWhole(page, after) ? countPage(context, nodes, upTo) : countSessions(context, filter, upTo);
  const totalCount = counts ? { totalCount: await count() } : {};
  return { sessions: { ...totalCount, ...shownPage(page, nodes) } };
}

async function readMessages(
  context: Context,
  { id, first, after, upTo, counts }: GetMessagesQueryVariables,
): Promise<GetMessagesQuery | undefined> {
  const session = await ownSession(context, id);
  if (!session) return undefined;
  const { id: sessionId } = session;
  const page = await pageOfMessages(context, sessionId, { first, after });
  const nodes = await messageData(context, nodesOf(page), { isBeginning: after == null });
  const count = () =>
    isWhole(page, after)
      ? countPage(context, nodes, upTo)
      : loadersOf(context).messageCount.load({ sessionId, upTo });
  const totalCount = counts ? { totalCount: await count() } : {};
  return { session: { databaseId: sessionId, messages: { ...totalCount, ...shownPage(page, nodes) } } };
}

/** Null or undefined for a session that the viewer may not see, and for an id of something else. */
async function ownSession(context: Context, id: string): Promise<Session | null | undefined> {
  const decoded = decodeId(id);
  return decoded?.typename === 'Session' ? findOwnSession(Number(decoded.id), context) : undefined;
}

/** Whether the field takes this text as it is. It cuts white space off. */
function isName(text: string): boolean {
  const parsed = nameText.safeParse(text);
  return parsed.success && parsed.data === text;
}

function isTag(text: string): boolean {
  const parsed = tagText.safeParse(text);
  return parsed.success && parsed.data === text;
}

interface PageOf<Row> {
  edges: readonly ({ node: Row } | null)[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

/** Whether the page behind this cursor is the whole list. */
function isWhole<Row>({ pageInfo }: PageOf<Row>, after: string | null | undefined): boolean {
  return !after && !pageInfo.hasNextPage;
}

function nodesOf<Row>({ edges }: PageOf<Row>): Row[] {
  return edges.flatMap((edge) => (edge ? [edge.node] : []));
}

/** The part of a page that REST selects. */
function shownPage<Row, Data>({ pageInfo }: PageOf<Row>, nodes: readonly Data[]) {
  const { hasNextPage, endCursor = null } = pageInfo;
  return { edges: nodes.map((node) => ({ node })), pageInfo: { hasNextPage, endCursor } };
}
