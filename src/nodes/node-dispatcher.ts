import type { AgentNode } from '../generated/prisma/client.ts';
import type { MaybePromise } from '../storage/statements/statement.ts';
import type { ToolOutcome } from '../tools/tool-runner.ts';
import type { CheckRequest } from './dispatch/call-checks.ts';
import type { DispatchRequest } from './dispatch/dispatch.ts';
import type { WaitingRequest } from './dispatch/waiting-calls.ts';
import type { NodeReports } from './homes/forwarded-reports.ts';

/** Sends tool calls to nodes, and takes the reports of their agents. */
export interface NodeDispatcher extends NodeReports {
  /**
   * Runs a tool call on a node. Always resolves, also when the node is lost.
   *
   * @param signal Cancels the call; the outcome then comes within `cancelConfirmMs`.
   */
  dispatch(node: AgentNode, request: DispatchRequest, signal: AbortSignal): Promise<ToolOutcome>;
  /**
   * Asks a node whether it would refuse a call, before a person is asked to approve it. See `CallChecks.check`.
   *
   * @param signal Aborts to give up.
   */
  check(node: AgentNode, request: CheckRequest, signal: AbortSignal): Promise<ToolOutcome | undefined>;
  /**
   * Resolves with the failure of a call that waits for an approval, when the node is lost or would refuse the call: see
   * `WaitingCalls.watch`.
   *
   * @param signal Aborts when nobody waits any more.
   */
  watch(node: AgentNode, request: WaitingRequest, signal: AbortSignal): Promise<ToolOutcome>;
  /** Says why a node cannot run a tool now; undefined if it can. */
  whyOffline(node: AgentNode): MaybePromise<string | undefined>;
  /** The process of a node's agent that is connected, or was connected last. */
  instanceOf(node: Pick<AgentNode, 'id'>): MaybePromise<string | undefined>;
  /** Cancels the dispatches of a session on a node that was detached from it, and the calls that wait for an approval. */
  cancelSession(agentNodeId: number, sessionId: number): void;
}
