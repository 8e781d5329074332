import { z } from '@hono/zod-openapi';
import type { SessionFieldsFragment } from '../../gql/graphql.ts';
import { SyncStatus } from '../nodes/node-responses.ts';
import { lowerCase } from '../route/enum-case.ts';
import { ModelSettings, settingsJson } from '../route/model-settings.ts';
import { dateTime, resultMessage, sessionId } from '../route/response-fields.ts';

export const Session = z
  .object({
    id: sessionId,
    user_id: z.string().openapi({ description: 'The user who owns the session.', example: 'alice' }),
    title: z.string().nullable().openapi({
      description: 'A name that helps people to recognise the session. Null: it has no name.',
      example: 'Trip to Lisbon',
    }),
    feature_name: z
      .string()
      .openapi({ description: 'The part of your product that uses the session.', example: 'default' }),
    provider_name: z.string().nullable().openapi({
      description:
        'The model provider that answers the prompts. Null: the provider that is the gateway’s default when a prompt arrives.',
      example: 'demo',
    }),
    model_name: z.string().nullable().openapi({
      description:
        'The model that answers the prompts. Null: the model that is the provider’s default when a prompt arrives.',
      example: 'demo-1',
    }),
    tool_approval: z.enum(['auto', 'ask', 'deny']).openapi({
      description:
        'Whether a tool that runs commands or changes files may run on an attached node. `auto`: if the policy of the node allows it. `ask`: after somebody approves the call. `deny`: never.',
    }),
    ask_user: z
      .boolean()
      .openapi({ description: 'Whether the model may ask the user questions, with the tool `ask_user`.' }),
    settings: ModelSettings,
    archived_at: dateTime('When the session was archived. Null: it is not archived.').nullable(),
    pinned_at: dateTime('When the session was pinned. Null: it is not pinned.').nullable(),
    tags: z.array(z.string()).openapi({
      description: 'Words that the session is found by, in the order in which they were given.',
      example: ['travel'],
    }),
    metadata: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: 'The JSON object that your product keeps with the session. Null: none.' }),
    created_at: dateTime('When the session was created.'),
    updated_at: dateTime('When a setting of the session last changed, or when a run last started or ended.'),
    sync_workspace_id: z.string().nullable().openapi({
      description:
        'The id of the workspace: the files that the session shares with its nodes. Null: no node has ever been attached.',
      example: '6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11',
    }),
    attached_node_ids: z.array(z.string()).openapi({
      description: 'The ids of the attached nodes, in the order in which they were attached.',
      example: ['laptop'],
    }),
    node_sync_status: z.record(z.string(), SyncStatus).openapi({
      description: 'For each attached node id, whether the node has the files of the workspace.',
      example: { laptop: 'synced' },
    }),
  })
  .openapi('Session', { description: 'A chat session and its settings.' });

export const Sessions = z
  .array(Session)
  .openapi('Sessions', { description: 'All sessions that match the filter, newest first.' });

export const DeletedSession = z
  .object({ message: resultMessage, session_id: sessionId })
  .openapi('DeletedSession', { description: 'The session and its messages were deleted.' });

export const DeletedSessions = z
  .object({
    message: resultMessage,
    deleted_sessions: z
      .int()
      .openapi({ description: 'The number of sessions that were deleted.', example: 3 }),
  })
  .openapi('DeletedSessions', { description: 'The sessions and their messages were deleted.' });

export function sessionJson(session: SessionFieldsFragment): z.infer<typeof Session> {
  return {
    id: session.databaseId,
    user_id: session.userId,
    title: session.title ?? null,
    feature_name: session.featureName,
    provider_name: session.providerName ?? null,
    model_name: session.modelName ?? null,
    tool_approval: lowerCase(session.toolApproval),
    ask_user: session.askUser,
    settings: settingsJson(session.settings),
    archived_at: session.archivedAt ?? null,
    pinned_at: session.pinnedAt ?? null,
    tags: session.tags,
    metadata: (session.metadata as Record<string, unknown> | null | undefined) ?? null,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    sync_workspace_id: session.workspace?.id ?? null,
    attached_node_ids: session.nodes.map(({ node }) => node.nodeId),
    node_sync_status: Object.fromEntries(
      session.nodes.map(({ node, syncStatus }) => [node.nodeId, lowerCase(syncStatus)]),
    ),
  };
}
