import type { GatewayApi } from '../gateway/gateway-api.ts';
import { connectNode, type NodeClient, type NodeClientOptions } from './node-client.ts';

/** Registers a node; returns its token. */
export async function registerNode(gateway: GatewayApi, nodeId: string): Promise<string> {
  const register = 'mutation ($input: RegisterNodeInput!) { registerNode(input: $input) { token } }';
  return (await gateway.query(register, { input: { nodeId } })).registerNode.token;
}

/** Registers a node and connects a scripted agent for it. */
export async function startNode(
  gateway: GatewayApi & { url: string },
  nodeId: string,
  options?: NodeClientOptions,
): Promise<NodeClient & { token: string }> {
  const token = await registerNode(gateway, nodeId);
  const node = connectNode(gateway.url, token, options);
  await node.next('InboxOpened');
  return Object.assign(node, { token });
}

/** Creates a session whose tools run on these nodes without approval. */
export function createNodeSession(
  gateway: GatewayApi,
  nodeIds: string[],
  input: object = {},
): Promise<string> {
  return gateway.createSession({ nodeIds, toolApproval: 'AUTO', ...input });
}

/** The connection of a node: `ONLINE`, `BUSY` or `OFFLINE`. */
export async function connectionOf(gateway: GatewayApi, nodeId: string): Promise<string> {
  const query = 'query ($nodeId: String!) { agentNode(nodeId: $nodeId) { connection } }';
  return (await gateway.query(query, { nodeId })).agentNode.connection;
}
