import { encodeId } from '../base/global-id.ts';
import {
  AttachNodesDocument,
  DetachNodeDocument,
  GetSessionNodesDocument,
  type SessionNodesFieldsFragment,
} from '../gql/graphql.ts';
import { jsonRoute } from './json-route.ts';
import { lowerCase, upperCase } from './legacy-json.ts';
import { DetachedNode, NodeAttachRequest, SessionNodes } from './node-schemas.ts';
import { SessionNodePath, SessionPath } from './parameters.ts';
import type { Route } from './route.ts';

/** The operations on the nodes of a session. */
export const nodeRoutes: readonly Route[] = [
  jsonRoute({
    method: 'post',
    path: '/sessions/{session_id}/nodes',
    operationId: 'attach_nodes',
    summary: 'Attach Nodes to Session',
    description:
      'Attach one or more Agent Nodes to a chat session. Those that are attached stay attached; those that nobody has registered are offline until somebody does.',
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
    schema: SessionNodes,
    answer: ({ attachNodes }) => sessionNodesJson(attachNodes),
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
    schema: SessionNodes,
    answer: ({ session }) => session && sessionNodesJson(session),
  }),
  jsonRoute({
    method: 'delete',
    path: '/sessions/{session_id}/nodes/{node_id}',
    operationId: 'detach_node',
    summary: 'Detach Node from Session',
    description: 'Takes a node away from a session. What the session runs on it is cancelled.',
    failures: { 404: 'There is no such session, or the node is not attached to it.' },
    input: { path: SessionNodePath },
    document: DetachNodeDocument,
    variables: ({ path }) => ({ sessionId: encodeId('Session', path.session_id), nodeId: path.node_id }),
    schema: DetachedNode,
    answer: ({ detachNode }, { path: { node_id } }) => ({
      message: 'Node detached',
      session_id: detachNode.databaseId,
      node_id,
    }),
  }),
];

function sessionNodesJson({ databaseId, workspace, nodes }: SessionNodesFieldsFragment) {
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
