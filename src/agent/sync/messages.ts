import type { AgentDetails } from '../../sync/remote.ts';
import type { NodeWorkspace } from './folder-of.ts';

/** What the thread of the replicas is started with. */
export interface SyncThreadData {
  /** The real path of the agent's folder. */
  root: string;
  gateway: string;
  token: string;
  agent: AgentDetails;
}

/** What the agent tells the thread. An answer has the `id` of its question. */
export type ToThread =
  | { kind: 'workspaces'; workspaces: NodeWorkspace[] }
  /** Answered when the replica is there, and was the same as the workspace once. */
  | { kind: 'settle'; id: number; workspaceId: string }
  /** Answered when what has changed in the folder is in the workspace. */
  | { kind: 'flush'; id: number; workspaceId: string }
  /** Answered when the replica writes nothing, until the question is given up. */
  | { kind: 'hold'; id: number; workspaceId: string }
  /** Gives a question up, or ends a hold. */
  | { kind: 'end'; id: number }
  | { kind: 'close' };

/** What the thread tells the agent. */
export type FromThread =
  /** A line for the person who watches the agent. */
  { kind: 'line'; text: string } | { kind: 'answer'; id: number; error?: string } | { kind: 'closed' };
