import type { ChangeLog } from '../changes/change-log.ts';
import type { Statements } from '../storage/statements/statement.ts';
import { Attachments } from './attachments.ts';
import type { Asker } from './find-node.ts';
import { NodeChanges } from './node-changes.ts';
import type { NodeDispatcher } from './node-dispatcher.ts';
import { createNodeParts, type NodePartsOptions, type OtherGateways } from './node-parts.ts';
import { Nodes } from './nodes.ts';
import type { Registry } from './registry.ts';
import { createRoutedParts } from './routed-parts.ts';

interface NodeServicesOptions extends NodePartsOptions {
  maxNodesPerSession: number;
  statements: Statements;
  changes: ChangeLog;
  /** Tells the agents of nodes to look which workspaces they share. */
  ringWorkspaces(sessionId: number, agentNodeIds: readonly number[]): void;
  /** See `Attachments`. */
  findServerFolder(path: string, asker: Asker): Promise<string>;
  /** Undefined for a gateway that has its database alone. */
  others: OtherGateways | undefined;
}

interface NodeServices extends AsyncDisposable {
  nodes: Nodes;
  attachments: Attachments;
  registry: Registry;
  dispatcher: NodeDispatcher;
}

/** Creates the services for nodes and connects them to each other. Disposing ends all dispatches as lost. */
export function createNodeServices(options: NodeServicesOptions): NodeServices {
  const { others } = options;
  const changes = new NodeChanges(options);
  const parts =
    others === undefined ? createNodeParts(options, changes) : createRoutedParts(options, changes, others);
  const { registry, dispatcher, disconnect } = parts;
  const nodes = new Nodes({ ...options, changes, disconnect });
  const attachments = new Attachments({
    ...options,
    changes,
    forget: (agentNodeId) => disconnect(agentNodeId, 'NODE_DELETED'),
    cancelDispatches: (agentNodeId, sessionId) => dispatcher.cancelSession(agentNodeId, sessionId),
  });
  const dispose = () => parts[Symbol.asyncDispose]();
  return { nodes, attachments, registry, dispatcher, [Symbol.asyncDispose]: dispose };
}
