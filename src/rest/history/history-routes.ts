import { encodeId } from '../../base/global-id.ts';
import {
  ClearHistoryDocument,
  GetMessagesDocument,
  GetTokensDocument,
  SearchSessionMessagesDocument,
} from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { jsonRoute } from '../route/json-route.ts';
import { listRoute } from '../route/list-route.ts';
import type { Route } from '../route/route.ts';
import { MessageSearch } from './history-requests.ts';
import {
  ClearedHistory,
  FoundMessages,
  foundMessagesJson,
  Messages,
  messageJson,
  Tokens,
  tokensJson,
} from './history-responses.ts';

/** The operations on the messages of a session and the tokens they use. */
export const historyRoutes: readonly Route[] = [
  listRoute({
    method: 'get',
    path: '/sessions/{session_id}/messages',
    operationId: 'get_messages',
    summary: 'Get Session Chat History',
    description:
      'Returns the messages of the conversation that the session shows, oldest first. Where a prompt was edited or answered more than once, these are the messages of one version: of the last one that was written, unless another one was selected over GraphQL.',
    input: { path: SessionPath },
    document: GetMessagesDocument,
    variables: ({ path }, page) => ({ id: encodeId('Session', path.session_id), ...page }),
    connection: ({ session }) => session?.messages,
    response: Messages,
    itemJson: (message, { path }) => messageJson(path.session_id, message),
    around: ({ path }) => [`{"session_id":${path.session_id},"messages":[`, ']}'],
  }),
  jsonRoute({
    method: 'get',
    path: '/sessions/{session_id}/messages/search',
    operationId: 'search_messages',
    summary: 'Search the Messages of a Session',
    description:
      'Returns the messages of a session with all words of a text, on whichever version of the conversation they stand: the best of the newest fifty first, then those of the fifty before them, and so on. A word of three letters or more also finds words that begin with it. Case and accents do not matter. GraphQL searches all sessions at once (`searchMessages`).',
    input: { path: SessionPath, query: MessageSearch },
    document: SearchSessionMessagesDocument,
    variables: ({ path, query }) => ({
      sessionId: encodeId('Session', path.session_id),
      query: query.query,
      first: query.first ?? 20,
      after: query.after,
    }),
    response: FoundMessages,
    toJson: ({ session, searchMessages }) => session && foundMessagesJson(session, searchMessages),
  }),
  jsonRoute({
    method: 'post',
    path: '/sessions/{session_id}/clear-history',
    operationId: 'clear_history',
    summary: 'Clear Chat History (Preserve Session)',
    description:
      'Deletes all messages for a session but preserves the session itself (node attachments, workspace ID, sync config, title all remain intact). Useful in Swarm Control to start a fresh chat without losing the file sync workspace. A run in progress and the prompts that wait are cancelled first.',
    failures: {
      409: 'Another prompt was sent in the meantime, so a run is in progress. Repeat the request.',
    },
    input: { path: SessionPath },
    document: ClearHistoryDocument,
    variables: ({ path }) => ({ sessionId: encodeId('Session', path.session_id) }),
    response: ClearedHistory,
    toJson: ({ cancelRun: { cancelled }, clearHistory }) => ({
      message: cancelled ? 'Run cancelled and history cleared' : 'History cleared',
      cancelled,
      session_id: clearHistory.databaseId,
    }),
  }),
  jsonRoute({
    method: 'get',
    path: '/sessions/{session_id}/tokens',
    operationId: 'get_tokens',
    summary: 'Get Session Token Usage',
    description:
      'Returns how full the model’s context is, and how many tokens the session has used since it was created.',
    input: { path: SessionPath },
    document: GetTokensDocument,
    variables: ({ path }) => ({ id: encodeId('Session', path.session_id) }),
    response: Tokens,
    toJson: ({ session }) => session && tokensJson(session.tokenUsage),
  }),
];
