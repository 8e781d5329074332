import type { TestGateway } from '../../support/gateway/gateway.ts';
import type { NodeClient, NodeClientOptions } from '../../support/node/node-client.ts';
import { startNode } from '../../support/node/nodes.ts';

/**
 * Registers a node and connects its agent, for one test. Disposing deletes the node, so that the next test of the same
 * gateway can use its name.
 */
export async function startOwnNode(
  gateway: TestGateway,
  nodeId: string,
  options?: NodeClientOptions,
): Promise<NodeClient & { token: string }> {
  const node = await startNode(gateway, nodeId, options);
  return {
    ...node,
    async [Symbol.asyncDispose]() {
      await gateway.graphql('mutation ($id: String!) { deleteNode(nodeId: $id) { nodeId } }', { id: nodeId });
      await node[Symbol.asyncDispose]();
    },
  };
}
