import { z } from '@hono/zod-openapi';
import { nodeId } from './node-responses.ts';

const attachConfig = z.object({
  source: z.enum(['empty', 'server', 'node_local']).openapi({
    description:
      'The origin of the files. `empty`: the workspace starts without files. `server`: a folder on the gateway’s machine, which is kept the same as the workspace from then on. `node_local`: a folder on one of the nodes, the lead, whose version wins where two sides have changed a file.',
    example: 'empty',
  }),
  path: z.string().nullable().optional().openapi({
    description:
      'The path of the folder. Required for `server`: a folder that exists below the `WORKSPACE_ROOT` of the gateway; for a user who is no admin, below the folder with the name of the user in it. Optional for `node_local`: a folder below the one that the agent was started with (`--workspace`); left out, it is that one. Not allowed for `empty`.',
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
        'The origin of the files that the session shares with its nodes. With it, the files are copied to all attached nodes and kept the same: on the lead of `node_local` they lie in its folder, on every other node in `.switchyard/<sync_workspace_id>` of the folder of its agent, and the tools of the session run there. Null or left out: it stays unchanged, and a session that never had one shares no files.',
    }),
  })
  .openapi('NodeAttachRequest', {
    description: 'The nodes to attach to a session. Unknown fields are ignored.',
    example: { node_ids: ['laptop'] },
  });
