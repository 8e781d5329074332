import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { AttachNodesDocument, DetachNodeDocument, GetSessionNodesDocument } from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { upperCase } from '../route/enum-case.ts';
import { jsonRoute } from '../route/json-route.ts';
import type { Route } from '../route/route.ts';
import { NodeAttachRequest } from './node-requests.ts';
import { DetachedNode, nodeIdText, SessionNodes, sessionNodesJson } from './node-responses.ts';

/** `/sessions/{session_id}/nodes/{node_id}` */
const SessionNodePath = SessionPath.extend({
  node_id: z.string().openapi({
    description:
      'The id of a node that is attached to the session, percent-encoded. A path cannot hold a slash, even an encoded one: detach a node whose id has one over GraphQL.',
    example: 'laptop',
    ...nodeIdText,
    pattern: '^[^/\\u0000-\\u001F\\u007F-\\u009F\\u2028\\u2029]*$',
  }),
});

/** The operations on the nodes of a session. */
export const nodeRoutes: readonly Route[] = [
  jsonRoute({
    method: 'post',
    path: '/sessions/{session_id}/nodes',
    operationId: 'attach_nodes',
    summary: 'Attach Nodes to Session',
    description:
      'Attach one or more Agent Nodes to a chat session. Nodes that are already attached stay attached. With `config` the session shares files with its nodes. A node that is not registered yet can be attached, too: it is `offline` until it is registered and connects. If the `tool_approval` of the session is `auto`, the default of sessions that are created over REST, the tools run on these nodes without asking: the model can run commands and change files there without the approval of a person, within the policy of each node.',
    input: { path: SessionPath, body: NodeAttachRequest },
    document: AttachNodesDocument,
    variables: ({ path, body: { node_ids, config } }) => ({
      sessionId: encodeId('Session', path.session_id),
      nodeIds: node_ids,
      workspace: config && {
        source: upperCase(config.source),
        path: config.path,
        sourceNodeId: config.source_node_id,
      },
    }),
    response: SessionNodes,
    toJson: ({ attachNodes }) => sessionNodesJson(attachNodes),
  }),
  jsonRoute({
    method: 'get',
    path: '/sessions/{session_id}/nodes',
    operationId: 'get_session_nodes',
    summary: 'Get Session Node Status',
    description:
      'Returns all nodes attached to a session and their current sync status. Merges persisted sync_status with live connection state from the registry.',
    input: { path: SessionPath },
    document: GetSessionNodesDocument,
    variables: ({ path }) => ({ sessionId: encodeId('Session', path.session_id) }),
    response: SessionNodes,
    toJson: ({ session }) => session && sessionNodesJson(session),
  }),
  jsonRoute({
    method: 'delete',
    path: '/sessions/{session_id}/nodes/{node_id}',
    operationId: 'detach_node',
    summary: 'Detach Node from Session',
    description:
      'Detaches a node from a session. The tool calls of the session that run on the node are cancelled. The files stay on the node, and are not kept the same any more. When the node was the lead of `node_local`, the files come from the copy of the gateway from then on.',
    failures: { 404: 'The session does not exist, or the node is not attached to it.' },
    input: { path: SessionNodePath },
    document: DetachNodeDocument,
    variables: ({ path }) => ({ sessionId: encodeId('Session', path.session_id), nodeId: path.node_id }),
    response: DetachedNode,
    toJson: ({ detachNode }, { path: { node_id } }) => ({
      message: 'Node detached',
      session_id: detachNode.databaseId,
      node_id,
    }),
  }),
];
