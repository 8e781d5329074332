import type { Logger } from 'pino';
import type { ChangeLog } from '../changes/change-log.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { Statements } from '../storage/statements/statement.ts';
import { Attachments } from './attachments.ts';
import type { DispatchLimits } from './dispatch/dispatch-limits.ts';
import type { InboxLog } from './dispatch/inbox.ts';
import { Dispatcher } from './dispatcher.ts';
import { NodeChanges } from './node-changes.ts';
import { Nodes } from './nodes.ts';
import type { ConnectedNodesOptions } from './presence/connected-nodes.ts';
import { Registry } from './registry.ts';

interface NodeServicesOptions extends ConnectedNodesOptions {
  database: Database;
  inbox: InboxLog;
  limits: DispatchLimits;
  heartbeatMs: number;
  graceMs: number;
  maxNodesPerSession: number;
  quotas: Quotas;
  statements: Statements;
  changes: ChangeLog;
  log: Logger;
}

interface NodeServices extends AsyncDisposable {
  nodes: Nodes;
  attachments: Attachments;
  registry: Registry;
  dispatcher: Dispatcher;
}

/** Creates the services for nodes and connects them to each other. Disposing ends all dispatches as lost. */
export function createNodeServices(options: NodeServicesOptions): NodeServices {
  const changes = new NodeChanges(options);
  const registry = new Registry({ ...options, changes });
  const { maxOutputBytes } = options.limits;
  const dispatcher = new Dispatcher({ ...options, registry, maxOutputBytes });
  const nodes = new Nodes({
    ...options,
    changes,
    disconnect: (id, reason) => registry.disconnect(id, reason),
  });
  const attachments = new Attachments({
    ...options,
    changes,
    forget: (agentNodeId) => registry.disconnect(agentNodeId, 'NODE_DELETED'),
    cancelDispatches: (agentNodeId, sessionId) => dispatcher.cancelSession(agentNodeId, sessionId),
  });
  const dispose = () => registry[Symbol.asyncDispose]();
  return { nodes, attachments, registry, dispatcher, [Symbol.asyncDispose]: dispose };
}
