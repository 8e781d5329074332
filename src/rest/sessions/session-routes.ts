import { encodeId } from '../../base/global-id.ts';
import {
  CreateSessionDocument,
  DeleteSessionDocument,
  DeleteSessionsDocument,
  GetSessionDocument,
  ListSessionsDocument,
  UpdateSessionDocument,
} from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { upperCase } from '../route/enum-case.ts';
import { jsonRoute } from '../route/json-route.ts';
import { listRoute } from '../route/list-route.ts';
import { settingsInput } from '../route/model-settings.ts';
import type { Route } from '../route/route.ts';
import { SessionCreate, SessionFilter, SessionListFilter, SessionUpdate } from './session-requests.ts';
import { DeletedSession, DeletedSessions, Session, Sessions, sessionJson } from './session-responses.ts';

/** The operations on sessions. */
export const sessionRoutes: readonly Route[] = [
  jsonRoute({
    method: 'post',
    path: '/sessions/',
    operationId: 'create_session',
    summary: 'Create a New Chat Session',
    description:
      'Creates a session. The body `{}` is enough: every setting has a default. A session that is created over REST runs tools without asking: once a node is attached, its model can run commands and change files there without the approval of a person, within the policy of the node. Send `"tool_approval": "ask"` to have each call wait for an approval, or `"deny"` to refuse such calls.',
    input: { body: SessionCreate },
    document: CreateSessionDocument,
    variables: ({ body }) => ({
      input: {
        userId: body.user_id,
        title: body.title,
        featureName: body.feature_name,
        providerName: body.provider_name,
        modelName: body.model_name,
        systemPrompt: body.system_prompt,
        settings: settingsInput(body.settings),
        tags: body.tags,
        metadata: body.metadata,
        toolApproval: upperCase(body.tool_approval),
        ...(body.ask_user !== undefined && { askUser: body.ask_user }),
      },
    }),
    response: Session,
    toJson: ({ createSession }) => sessionJson(createSession),
  }),
  listRoute({
    method: 'get',
    path: '/sessions/',
    operationId: 'list_sessions',
    summary: 'Get All Chat Sessions',
    description:
      'Returns all sessions of a user, newest first, or only the sessions of one feature, with one tag, with a text in their title, pinned or archived ones.',
    input: { query: SessionListFilter },
    document: ListSessionsDocument,
    variables: ({ query }, page) => ({
      userId: query.user_id,
      featureName: query.feature_name,
      archived: query.archived,
      pinned: query.pinned,
      tag: query.tag,
      search: query.search,
      ...page,
    }),
    connection: ({ sessions }) => sessions,
    response: Sessions,
    itemJson: sessionJson,
    around: () => ['[', ']'],
  }),
  jsonRoute({
    method: 'delete',
    path: '/sessions/',
    operationId: 'delete_sessions',
    summary: 'Delete All Sessions for Feature',
    description:
      'Deletes all sessions of a user, or only the sessions of one feature, together with their messages. A run in progress is cancelled first.',
    input: { query: SessionFilter },
    document: DeleteSessionsDocument,
    variables: ({ query }) => ({ userId: query.user_id, featureName: query.feature_name }),
    response: DeletedSessions,
    toJson: ({ deleteSessions }) => ({
      message: 'Sessions deleted',
      deleted_sessions: deleteSessions.count,
    }),
  }),
  jsonRoute({
    method: 'get',
    path: '/sessions/{session_id}',
    operationId: 'get_session',
    summary: 'Get a Single Session',
    description: 'Returns a session and its settings.',
    input: { path: SessionPath },
    document: GetSessionDocument,
    variables: ({ path }) => ({ id: encodeId('Session', path.session_id) }),
    response: Session,
    toJson: ({ session }) => session && sessionJson(session),
  }),
  jsonRoute({
    method: 'patch',
    path: '/sessions/{session_id}',
    operationId: 'update_session',
    summary: 'Update a Chat Session',
    description:
      'Changes the settings of a session. A field that is left out keeps its value; null removes the value, except of `tool_approval`, `ask_user`, `archived` and `pinned`.',
    input: { path: SessionPath, body: SessionUpdate },
    document: UpdateSessionDocument,
    variables: ({ path, body }) => ({
      id: encodeId('Session', path.session_id),
      input: {
        title: body.title,
        providerName: body.provider_name,
        modelName: body.model_name,
        systemPrompt: body.system_prompt,
        settings: settingsInput(body.settings),
        tags: body.tags,
        metadata: body.metadata,
        archived: body.archived,
        pinned: body.pinned,
        toolApproval: body.tool_approval && upperCase(body.tool_approval),
        ...(body.ask_user !== undefined && { askUser: body.ask_user }),
      },
    }),
    response: Session,
    toJson: ({ updateSession }) => sessionJson(updateSession),
  }),
  jsonRoute({
    method: 'delete',
    path: '/sessions/{session_id}',
    operationId: 'delete_session',
    summary: 'Delete a Chat Session',
    description: 'Deletes a session and its messages. A run in progress is cancelled first.',
    input: { path: SessionPath },
    document: DeleteSessionDocument,
    variables: ({ path }) => ({ id: encodeId('Session', path.session_id) }),
    response: DeletedSession,
    toJson: ({ deleteSession }) => ({ message: 'Session deleted', session_id: deleteSession.databaseId }),
  }),
];
