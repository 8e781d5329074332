import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import type { GatewayCalls } from '../bus/gateway-calls.ts';
import type { SharedValues } from '../bus/shared-values.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { DispatchLimits } from './dispatch/dispatch-limits.ts';
import type { InboxLog } from './dispatch/inbox.ts';
import type { InboxClosedReason } from './dispatch/node-command.ts';
import { Dispatcher } from './dispatcher.ts';
import type { NodeChanges } from './node-changes.ts';
import type { NodeDispatcher } from './node-dispatcher.ts';
import type { ConnectedNodesOptions } from './presence/connected-nodes.ts';
import { Registry } from './registry.ts';

export interface NodePartsOptions extends ConnectedNodesOptions {
  database: Database;
  inbox: InboxLog;
  limits: DispatchLimits;
  heartbeatMs: number;
  graceMs: number;
  quotas: Quotas;
  log: Logger;
}

/** How the gateways of one database reach each other. */
export interface OtherGateways {
  bus: Bus;
  calls: GatewayCalls;
  values: SharedValues;
}

/** Reaches nodes. Disposing ends all dispatches as lost. */
export interface NodeParts extends AsyncDisposable {
  registry: Registry;
  dispatcher: NodeDispatcher;
  /** Closes a node's inbox and ends its dispatches. */
  disconnect(agentNodeId: number, reason: InboxClosedReason): void;
}

/** The parts of a gateway that has its database alone: all nodes connect to it. */
export function createNodeParts(options: NodePartsOptions, changes: NodeChanges): NodeParts {
  const registry = new Registry({ ...options, changes });
  return {
    registry,
    dispatcher: new Dispatcher({ ...options, registry, maxOutputBytes: options.limits.maxOutputBytes }),
    disconnect: (id, reason) => registry.disconnect(id, reason),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
