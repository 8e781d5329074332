import { z } from '@hono/zod-openapi';
import type { SessionFieldsFragment } from '../../gql/graphql.ts';
import { SyncStatus } from '../nodes/node-responses.ts';
import { lowerCase } from '../route/enum-case.ts';
import { dateTime, resultMessage, sessionId } from '../route/response-fields.ts';

export const Session = z
  .object({
    id: sessionId,
    user_id: z.string().openapi({ description: 'Whom the session belongs to.', example: 'alice' }),
    title: z.string().nullable().openapi({ description: 'Its name for people, if it was given one.' }),
    feature_name: z
      .string()
      .openapi({ description: 'The part of your product it is for.', example: 'default' }),
    provider_name: z.string().nullable().openapi({
      description:
        'The model provider that answers in it. Null: the gateway’s default when a prompt arrives.',
    }),
    model_name: z.string().nullable().openapi({
      description: 'The model that answers in it. Null: the provider’s default when a prompt arrives.',
    }),
    tool_approval: z.enum(['auto', 'ask', 'deny']).openapi({
      description: 'Whether tools that run commands or change files may run: always, when asked for, never.',
    }),
    created_at: dateTime('When it was created.'),
    updated_at: dateTime('When it last changed.'),
    sync_workspace_id: z.string().nullable().openapi({
      description: 'The workspace shared with the attached nodes. Null: none has ever been attached.',
      example: '6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11',
    }),
    attached_node_ids: z.array(z.string()).openapi({
      description: 'The ids of the nodes attached to the session.',
      example: ['laptop'],
    }),
    node_sync_status: z.record(z.string(), SyncStatus).openapi({
      description: 'The sync status of each attached node, by node id.',
      example: { laptop: 'synced' },
    }),
  })
  .openapi('Session', { description: 'A chat session.' });

export const Sessions = z
  .array(Session)
  .openapi('Sessions', { description: 'All sessions that match, newest first.' });

export const DeletedSession = z
  .object({ message: resultMessage, session_id: sessionId })
  .openapi('DeletedSession', { description: 'The session is gone, and its messages with it.' });

export const DeletedSessions = z
  .object({
    message: resultMessage,
    deleted_sessions: z.int().openapi({ description: 'How many there were.', example: 3 }),
  })
  .openapi('DeletedSessions', { description: 'The sessions are gone, and their messages with them.' });

export function sessionJson(session: SessionFieldsFragment): z.infer<typeof Session> {
  return {
    id: session.databaseId,
    user_id: session.userId,
    title: session.title ?? null,
    feature_name: session.featureName,
    provider_name: session.providerName ?? null,
    model_name: session.modelName ?? null,
    tool_approval: lowerCase(session.toolApproval),
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    sync_workspace_id: session.workspace?.id ?? null,
    attached_node_ids: session.nodes.map(({ node }) => node.nodeId),
    node_sync_status: Object.fromEntries(
      session.nodes.map(({ node, syncStatus }) => [node.nodeId, lowerCase(syncStatus)]),
    ),
  };
}
