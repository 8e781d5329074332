import { createHash } from 'node:crypto';
import { decodeId } from '../../base/global-id.ts';
import {
  type CreateSessionInput,
  FindFirstMessageDocument,
  FindNamedThreadDocument,
  FindPromptOfDocument,
  FindThreadDocument,
  type ThreadFieldsFragment,
} from '../../gql/graphql.ts';
import { ApiError, badParameter } from '../errors/api-error.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import { executeDocument } from '../route/execute.ts';
import { readMessageId } from '../route/message-ids.ts';
import { openConversation } from '../route/open-conversation.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';
import { namedSession } from '../route/session-id.ts';

export type Thread = ThreadFieldsFragment;

/** What a client calls a conversation: a name of its own, or `conv_3` for a session that exists. */
export interface ThreadName {
  /** The `featureName` of the sessions that the dialect makes. */
  featureName: string;
  name: string;
  /** The parameter that has it. */
  param: string;
}

/**
 * The session that a client means.
 *
 * @returns Undefined if nobody has used the name yet.
 * @throws ApiError 404 for `conv_3`, if the client may not see that session.
 */
export async function findThread(
  c: ApiContext,
  services: ApiServices,
  { featureName, name, param }: ThreadName,
): Promise<Thread | undefined> {
  const id = namedSession(name);
  if (id !== undefined) {
    const { session } = await executeDocument(c, services, FindNamedThreadDocument, { id });
    if (!session) throw new ApiError(404, `There is no session '${name}'.`, { code: 'not_found', param });
    return session;
  }
  const { viewer } = await services.identify(c.req.raw);
  const variables = { userId: viewer?.userId ?? '', featureName, tag: threadTag(name) };
  return (await executeDocument(c, services, FindThreadDocument, variables)).sessions.nodes[0];
}

/** As `findThread`; makes the session if there is none. Two requests at the same time make one. */
export async function openThread(
  c: ApiContext,
  services: ApiServices,
  thread: ThreadName,
  settings: () => Pick<CreateSessionInput, 'systemPrompt' | 'history' | 'providerName' | 'modelName'>,
  names: ParameterNames,
): Promise<{ thread: Thread; isNew: boolean }> {
  const known = await findThread(c, services, thread);
  if (known) return { thread: known, isNew: false };
  const { viewer } = await services.identify(c.req.raw);
  const key = JSON.stringify([viewer?.userId, thread.featureName, thread.name]);
  return services.oneAtATime(key, async () => {
    const made = await findThread(c, services, thread);
    if (made) return { thread: made, isNew: false };
    const { featureName, name } = thread;
    const input = { ...settings(), featureName, tags: [threadTag(name)] };
    const session = await openConversation(c, services, input, names);
    return { thread: { ...session, head: null }, isNew: true };
  });
}

function threadTag(name: string): string {
  return `thread:${createHash('sha256').update(name).digest('base64url')}`;
}

/** Where a prompt belongs within a session that has messages. */
export interface PlaceInThread {
  /** The Relay id of the answer that it follows. */
  replyTo?: string;
  /** The Relay id of the prompt whose other version it is. */
  editOf?: string;
}

/**
 * Where a prompt belongs, by the newest answer that the client shows before it. A client that has taken messages back, or
 * edits one, goes on from an earlier answer, and that is a branch.
 *
 * @param answerIds The ids of the answers that the client shows, oldest first. Those that the gateway has not given are ignored.
 * @param isFirst Whether the client shows no answer at all.
 */
export async function placeInThread(
  c: ApiContext,
  services: ApiServices,
  thread: Thread,
  { answerIds, isFirst }: { answerIds: readonly string[]; isFirst: boolean },
): Promise<PlaceInThread> {
  if (!thread.head) return {};
  const last = answerIds.map(readMessageId).findLast((id) => id !== undefined);
  if (last !== undefined) return last === thread.head.id ? {} : { replyTo: last };
  if (!isFirst) return {};
  const { session } = await executeDocument(c, services, FindFirstMessageDocument, { id: thread.id });
  const first = session?.messages.nodes[0];
  return first ? { editOf: first.id } : {};
}

/**
 * The prompt that an answer of the session belongs to.
 *
 * @param answerId As the client has it. Undefined: the newest message that the session shows.
 * @throws ApiError 400 if the session has no such answer.
 */
export async function promptOf(
  c: ApiContext,
  services: ApiServices,
  { id: sessionId, head }: Thread,
  answerId: string | undefined,
  param: string,
): Promise<string> {
  const id = answerId === undefined ? undefined : readMessageId(answerId);
  if (id === undefined) {
    const prompt = head?.role === 'USER' ? head.id : head?.parent?.id;
    if (prompt) return prompt;
    throw badParameter(param, 'expected the id of an answer of this conversation.');
  }
  const { node } = await executeDocument(c, services, FindPromptOfDocument, { id });
  const isHere = node && 'session' in node && node.session.id === sessionId;
  const prompt = isHere ? node.parent?.id : undefined;
  if (prompt && decodeId(prompt)) return prompt;
  throw badParameter(param, 'expected the id of an answer of this conversation.');
}
