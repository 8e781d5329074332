import type { ParameterNames } from '../../dialect/errors/graphql-error.ts';
import { type Conversation, historyOf } from '../../dialect/input/conversation.ts';
import { dropSession } from '../../dialect/route/drop-session.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import { openConversation } from '../../dialect/route/open-conversation.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import {
  type ConversationFieldsFragment,
  type CreateSessionInput,
  ListIdleConversationsDocument,
} from '../../gql/graphql.ts';
import { featureName } from './find-session.ts';

/** Sessions that are looked at for those that can make room. */
const looked = 10;

/** Makes a session that begins with the history of the client. @throws ApiError. */
export async function openSession(
  c: ApiContext,
  services: ApiServices,
  { system, exchanges }: Conversation,
  settings: Pick<CreateSessionInput, 'featureName' | 'providerName' | 'modelName' | 'tags' | 'metadata'>,
  names: ParameterNames,
): Promise<ConversationFieldsFragment> {
  const input = {
    featureName,
    ...settings,
    systemPrompt: system,
    history: historyOf(exchanges, earlierFiles),
  };
  return openConversation(c, services, input, names);
}

const earlierFiles =
  'the gateway has no session with this history, and takes files only in the last message.';

/**
 * Deletes the sessions in which nothing has happened for longest, if there are too many. A client of Chat Completions sends
 * the whole history each time, so it loses nothing. Sessions that somebody has pinned or given nodes stay.
 */
export async function makeRoom(c: ApiContext, services: ApiServices): Promise<void> {
  const { maxSessions, maxPageSize } = services;
  if (maxSessions === 0) return;
  const { viewer } = await services.identify(c.req.raw);
  const last = Math.min(looked, maxPageSize);
  const variables = { userId: viewer?.userId ?? '', featureName, upTo: maxSessions + last, last };
  const { sessions } = await executeDocument(c, services, ListIdleConversationsDocument, variables);
  const idle = sessions.nodes
    .filter(({ status, pinnedAt, nodes }) => status === 'IDLE' && pinnedAt == null && nodes.length === 0)
    .toReversed();
  for (const { id } of idle.slice(0, Math.max(0, sessions.totalCount - maxSessions))) {
    await dropSession(c, services, id);
  }
}
