import { z } from '@hono/zod-openapi';
import { nodeId } from './node-responses.ts';

const attachConfig = z.object({
  source: z.enum(['empty', 'server', 'node_local']).openapi({
    description:
      'The origin of the files. `empty`: the workspace starts without files. `server`: a folder on the gateway’s machine. `node_local`: a folder on one of the nodes.',
    example: 'empty',
  }),
  path: z.string().nullable().optional().openapi({
    description:
      'The path of the folder. Required for `server`, optional for `node_local`, not allowed for `empty`.',
    example: null,
  }),
  source_node_id: z.string().nullable().optional().openapi({
    description: 'The id of the node that has the folder. Required for `node_local`, not allowed otherwise.',
    example: null,
  }),
});

/** The body of `POST /sessions/{session_id}/nodes`. */
export const NodeAttachRequest = z
  .object({
    node_ids: z
      .array(nodeId)
      .min(1)
      .openapi({ description: 'The ids of the nodes to attach: at least one.', example: ['laptop'] }),
    config: attachConfig.nullable().optional().openapi({
      description:
        'The origin of the files that the session shares with its nodes. Null or left out: it stays unchanged; a new workspace is `empty`.',
    }),
  })
  .openapi('NodeAttachRequest', {
    description: 'The nodes to attach to a session. Unknown fields are ignored.',
    example: { node_ids: ['laptop'] },
  });
