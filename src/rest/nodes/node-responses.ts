import { z } from '@hono/zod-openapi';
import type { SessionNodesFieldsFragment } from '../../gql/graphql.ts';
import { lowerCase } from '../route/enum-case.ts';
import { resultMessage, sessionId } from '../route/response-fields.ts';

/** How far a node has the files of a session, as REST writes it. */
export const SyncStatus = z.enum(['pending', 'syncing', 'synced', 'conflict', 'error', 'offline']);

export const nodeId = z.string().openapi({ description: 'The node’s id.', example: 'laptop' });

const SessionNode = z
  .object({
    node_id: nodeId,
    display_name: z.string().openapi({ description: 'Its name for people.', example: 'Alice’s laptop' }),
    status: SyncStatus.openapi({
      description: 'How far it has the session’s files; `offline` while it is not connected.',
    }),
    connection: z.enum(['online', 'busy', 'offline']).openapi({
      description: 'Whether it can run something right now; what a `busy` one is asked for has to wait.',
    }),
    last_sync: z.string().nullable().openapi({
      description: 'When it last had the session’s files. Null: never.',
      format: 'date-time',
      example: '2026-01-31T12:00:00.000Z',
    }),
    error: z.string().nullable().openapi({ description: 'Why it does not have them, if that failed.' }),
  })
  .openapi('SessionNode', { description: 'A node that is attached to a session.' });

export const SessionNodes = z
  .object({
    session_id: sessionId,
    sync_workspace_id: z.string().nullable().openapi({
      description: 'The workspace shared with the nodes. Null: none has ever been attached.',
    }),
    nodes: z
      .array(SessionNode)
      .openapi({ description: 'The attached nodes, in the order in which they were attached.' }),
  })
  .openapi('SessionNodes', { description: 'The nodes attached to a session.' });

export const DetachedNode = z
  .object({
    message: resultMessage,
    session_id: sessionId,
    node_id: nodeId,
  })
  .openapi('DetachedNode', { description: 'The session runs nothing on the node any more.' });

export function sessionNodesJson({ databaseId, workspace, nodes }: SessionNodesFieldsFragment) {
  return {
    session_id: databaseId,
    sync_workspace_id: workspace?.id ?? null,
    nodes: nodes.map(({ node, syncStatus, connection, lastSyncAt, error }) => ({
      node_id: node.nodeId,
      display_name: node.displayName,
      status: lowerCase(syncStatus),
      connection: lowerCase(connection),
      last_sync: lastSyncAt ?? null,
      error: error ?? null,
    })),
  };
}
