import type { GatewayApi } from '../gateway/gateway-api.ts';
import { connectNode, type NodeClient, type NodeClientOptions } from './node-client.ts';

/** Registers a node; returns its token. */
export async function registerNode(gateway: GatewayApi, nodeId: string): Promise<string> {
  const register = 'mutation ($input: RegisterNodeInput!) { registerNode(input: $input) { token } }';
  return (await gateway.query(register, { input: { nodeId } })).registerNode.token;
}

/** A node that is registered and whose agent is connected. */
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

/** A session whose tools run on these nodes without anybody being asked. */
export function createNodeSession(
  gateway: GatewayApi,
  nodeIds: string[],
  input: object = {},
): Promise<string> {
  return gateway.createSession({ nodeIds, toolApproval: 'AUTO', ...input });
}

/** How a node is connected right now. */
export async function connectionOf(gateway: GatewayApi, nodeId: string): Promise<string> {
  const query = 'query ($nodeId: String!) { agentNode(nodeId: $nodeId) { connection } }';
  return (await gateway.query(query, { nodeId })).agentNode.connection;
}
