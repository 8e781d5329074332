import { z } from '@hono/zod-openapi';
import { nodeId } from './node-responses.ts';

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
