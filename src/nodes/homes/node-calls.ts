import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { CheckRequest } from '../dispatch/call-checks.ts';
import type { DispatchRequest, ResumedDispatch } from '../dispatch/dispatch.ts';
import type { OutputPosition } from '../dispatch/dispatch-output.ts';
import type { WaitingRequest } from '../dispatch/waiting-calls.ts';

/** The names of the calls between the gateways of a run and of its node. */
export const callNames = {
  /** `DispatchQuestion`: starts or goes on with a dispatch; answered with `DispatchNews`. */
  dispatch: 'node.dispatch',
  /** `{ agentNodeId, dispatchId }`: the outcome of the dispatch is stored. */
  taken: 'node.dispatch-taken',
  /** `CallQuestion<CheckRequest>`: answered with `CallAnswer`. */
  check: 'node.check',
  /** `CallQuestion<WaitingRequest>`: answered with `CallAnswer` when the call is lost, or after a while. */
  watch: 'node.watch',
  /** `ForwardedReport`: what an agent has reported to another gateway. */
  report: 'node.report',
  /** `{ agentNodeId, connectionId }`: the node has connected to the gateway that calls. */
  moved: 'node.moved',
  /** `{ agentNodeId, reason }`: closes the inbox of a node. */
  disconnect: 'node.disconnect',
  /** `{ agentNodeId, sessionId }`: cancels what runs for a session. */
  cancelSession: 'node.cancel-session',
} as const;

/** The part of a node that the home needs when it has not seen it since it was started. */
export interface NodeName {
  id: number;
  nodeId: string;
}

/**
 * What the gateway of a run asks the home about a dispatch, again and again until it has the outcome. The question says
 * how far the run has come, so the home need not know whether its last answer has arrived.
 */
export interface DispatchQuestion {
  node: NodeName;
  request: Omit<DispatchRequest, 'onOutput' | 'onAcknowledged' | 'onReported' | 'resumed'>;
  /** What the run knows: the process that has acknowledged the dispatch, and the output that it has received. */
  known: ResumedDispatch;
  /** Whether this is the first question about a new dispatch. */
  isNew: boolean;
  isCancelled: boolean;
}

/** What has happened to a dispatch that the run does not know yet. */
export interface DispatchNews {
  /** The home has the node no more: the run looks where it is now. */
  isElsewhere?: boolean;
  /** The process of the agent that has acknowledged the dispatch. It may start when the run has said that it knows. */
  instanceId?: string;
  /** The next output, in order. */
  pieces?: OutputPiece[];
  outcome?: ToolOutcome;
}

export interface OutputPiece {
  text: string;
  /** Where the output goes on after this piece. */
  position: OutputPosition;
}

export interface CallQuestion<Request extends CheckRequest | WaitingRequest> {
  node: NodeName;
  request: Request;
}

export interface CallAnswer {
  isElsewhere?: boolean;
  /** Why the call cannot run; left out while it can. */
  outcome?: ToolOutcome;
}
