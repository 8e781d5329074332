import { createHash } from 'node:crypto';
import { cutText } from '../../base/cut-text.ts';
import type { Place } from '../../dialect/answer/start-answer.ts';
import { ApiError, badParameter } from '../../dialect/errors/api-error.ts';
import { sha256Of } from '../../dialect/input/client-file.ts';
import type { Conversation } from '../../dialect/input/conversation.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import { sessionIdOf } from '../../dialect/route/session-id.ts';
import {
  type ConversationFieldsFragment,
  FindConversationDocument,
  ListConversationsDocument,
} from '../../gql/graphql.ts';
import { matchBranch } from '../branch/match-branch.ts';

/** The `featureName` of the sessions that Chat Completions makes. */
export const featureName = 'chat-completions';

/** The header with which a client chooses the session, and in which it is told which one has answered. */
export const sessionHeader = 'X-Session-Id';

/** Sessions that begin alike and are compared with the history of the client. */
const candidates = 4;

/**
 * The tag of the sessions that begin with the same instructions and the same first prompt. It only narrows the search: what
 * is found is compared message by message.
 */
export function beginningTag({ system, exchanges, prompt }: Conversation): string {
  const { text, files } = exchanges[0]?.prompt ?? prompt;
  return `begins:${digest([system, text, files.map(sha256Of)])}`;
}

/** The tag of the session that was made for a request with this idempotency key. */
export function keyTag(requestId: string): string {
  return `key:${digest(requestId)}`;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}

/**
 * Finds the session whose branch begins with all that the client knows. A conversation without an answer is a new one.
 *
 * @returns Undefined if no session is known to hold it.
 */
export async function findPlace(
  c: ApiContext,
  services: ApiServices,
  conversation: Conversation,
  requestId: string | null,
): Promise<Place | undefined> {
  const { system, exchanges } = conversation;
  if (exchanges.length === 0) {
    const [session] = requestId ? await listTagged(c, services, keyTag(requestId)) : [];
    return session && { session, replyTo: null };
  }
  const last = exchanges.at(-1)?.answer.trim();
  const sessions = await listTagged(c, services, beginningTag(conversation));
  // The one whose newest answer is the last that the client has comes first: mostly it is the one.
  const likely = sessions.toSorted((a, b) => Number(endsWith(b, last)) - Number(endsWith(a, last)));
  for (const session of likely) {
    if ((session.systemPrompt ?? null) !== system) continue;
    const replyTo = await matchBranch(c, services, session.id, exchanges);
    if (replyTo !== undefined) return { session, replyTo };
  }
  return undefined;
}

/**
 * The session that the client has named. Its own history counts, so one that the client sends must be the beginning of
 * it.
 *
 * @throws ApiError 404 for a session that the client may not see; 400 and 409 for instructions and a history of its own.
 */
export async function namedPlace(
  c: ApiContext,
  services: ApiServices,
  name: string,
  { system, exchanges }: Conversation,
): Promise<Place> {
  const session = await findNamed(c, services, name);
  if (system !== null && system !== session.systemPrompt) {
    throw badParameter(
      'messages',
      `the session of ${sessionHeader} has instructions of its own; leave them out.`,
    );
  }
  if (exchanges.length === 0) return { session, replyTo: null };
  const replyTo = await matchBranch(c, services, session.id, exchanges);
  if (replyTo !== undefined) return { session, replyTo };
  const message = `The session of ${sessionHeader} has another history than 'messages'. Send only the new message, and the session's own history counts.`;
  throw new ApiError(409, message, { code: 'history_mismatch', param: 'messages' });
}

/** @throws ApiError 404 for a session that the client may not see. */
export async function findNamed(
  c: ApiContext,
  services: ApiServices,
  name: string,
): Promise<ConversationFieldsFragment> {
  const id = sessionIdOf(name);
  const session = id && (await executeDocument(c, services, FindConversationDocument, { id })).session;
  if (!session) throw new ApiError(404, `There is no session '${cutText(name, 50)}'.`, { code: 'not_found' });
  return session;
}

async function listTagged(c: ApiContext, services: ApiServices, tag: string) {
  const { viewer } = await services.identify(c.req.raw);
  const variables = {
    userId: viewer?.userId ?? '',
    featureName,
    tag,
    first: Math.min(candidates, services.maxPageSize),
  };
  return (await executeDocument(c, services, ListConversationsDocument, variables)).sessions.nodes;
}

function endsWith({ head }: { head?: { content: string } | null }, answer: string | undefined): boolean {
  return head?.content.trim() === answer;
}
