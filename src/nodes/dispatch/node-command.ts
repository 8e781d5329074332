import type { ToolApproval } from '../../generated/prisma/enums.ts';
import type { TraceContext } from '../../traces/traces.ts';

/** Why the gateway closes an inbox: the values of GraphQL's `InboxClosedReason`, each with the text for the agent. */
export const inboxClosedReasons = {
  TAKEN_OVER: 'Another agent connected with the same token.',
  TOKEN_REVOKED: 'The token of this node was replaced by a new one.',
  NODE_DELETED: 'This node was deleted.',
  NODE_DISABLED: 'This node is switched off: see `updateNode`.',
  SHUTTING_DOWN: 'The gateway is shutting down. Connect again in a moment.',
} as const;

export type InboxClosedReason = keyof typeof inboxClosedReasons;

/** What the gateway tells a node's agent: the types of GraphQL's `NodeCommand`. */
export type NodeCommandBody =
  | {
      type: 'InboxOpened';
      agentNodeId: number;
      epoch: string;
      heartbeatMs: number;
      unknownDispatchIds: string[];
    }
  | ({
      type: 'RunDispatch';
      dispatchId: string;
      toolApproval: ToolApproval;
      /** The shared workspace of the session, in whose folder the tool runs; null for a session without one. */
      workspaceId: string | null;
      tool: string;
      args: object;
      timeoutMs: number;
      maxOutputBytes: number;
    } & Partial<TraceContext>)
  | { type: 'CancelDispatch'; dispatchId: string }
  | {
      type: 'CheckDispatch';
      dispatchId: string;
      workspaceId: string | null;
      tool: string;
      args: object;
    }
  | { type: 'InboxClosed'; reason: InboxClosedReason; message: string };

/** `seq` is the cursor after which an inbox continues; `at` is in milliseconds since the Unix epoch. */
export type NodeCommand = NodeCommandBody & { seq: number; at: number };
