import { z } from '@hono/zod-openapi';

/** How far a node has the files of a session, as REST writes it. */
export const SyncStatus = z.enum(['pending', 'syncing', 'synced', 'conflict', 'error', 'offline']);

const nodeId = z.string().openapi({ description: 'The node’s id.', example: 'laptop' });

const attachConfig = z.strictObject({
  source: z.enum(['empty', 'server', 'node_local']).openapi({
    description:
      'Where the files come from: nowhere, a folder of the gateway, or a folder of one of the nodes.',
    example: 'empty',
  }),
  path: z.string().nullable().optional().openapi({
    description: 'The folder. Required for `server`; for `empty` there is none.',
    example: null,
  }),
  source_node_id: z.string().nullable().optional().openapi({
    description: 'The node that has the files. Required for `node_local`, and only there.',
    example: null,
  }),
});

/** The body of `POST /sessions/{session_id}/nodes`. */
export const NodeAttachRequest = z
  .strictObject({
    node_ids: z
      .array(nodeId)
      .min(1)
      .openapi({ description: 'The nodes to attach, one at least.', example: ['laptop'] }),
    config: attachConfig.nullable().optional().openapi({
      description: 'Where the session’s files come from. Null or left out: as it is, at first `empty`.',
    }),
  })
  .openapi('NodeAttachRequest', {
    description: 'Nodes to attach to a session.',
    example: { node_ids: ['laptop'] },
  });

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
    session_id: z.int().openapi({ description: 'The session’s id.', example: 1 }),
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
    message: z.string().openapi({ description: 'What was done, in a sentence for people.' }),
    session_id: z.int().openapi({ description: 'The session’s id.', example: 1 }),
    node_id: nodeId,
  })
  .openapi('DetachedNode', { description: 'The session runs nothing on the node any more.' });
