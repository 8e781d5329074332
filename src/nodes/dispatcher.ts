import type { AgentNode } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { ToolOutcome } from '../tools/tool-runner.ts';
import { boundText } from './dispatch/bounded-text.ts';
import type { CallRefusal, CheckRequest } from './dispatch/call-checks.ts';
import type { DispatchRequest } from './dispatch/dispatch.ts';
import { type DispatchReport, failure } from './dispatch/dispatch-outcome.ts';
import type { OutputProgress } from './dispatch/dispatch-output.ts';
import { storeLateResult } from './dispatch/store-late-result.ts';
import { refuseWaitedFor } from './dispatch/waited-for.ts';
import type { WaitingRequest } from './dispatch/waiting-calls.ts';
import type { NodeIdentity } from './presence/connected-nodes.ts';
import type { Registry } from './registry.ts';

interface DispatcherOptions {
  database: Database;
  registry: Registry;
  quotas: Pick<Quotas, 'add'>;
  /** A longer result is cut to this many bytes of UTF-8. */
  maxOutputBytes: number;
}

/**
 * Sends tool calls to nodes, and takes the reports of their agents. When an agent reports a dispatch of another node,
 * it gets the same reply as for a dispatch that does not exist.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * Runs a tool call on a node. Always resolves, also when the node is lost.
   *
   * @param signal Cancels the call; the outcome then comes within `cancelConfirmMs`.
   */
  async dispatch(node: AgentNode, request: DispatchRequest, signal: AbortSignal): Promise<ToolOutcome> {
    if (signal.aborted) return { status: 'CANCELLED', stopped: true, result: cancelled };
    const offline = this.whyOffline(node);
    if (offline !== undefined) return failure('NODE_OFFLINE', offline);
    const live = this.#options.registry.findOrCreate(node);
    const outcome = live.dispatches.start(request);
    const cancel = () => live.dispatches.cancel(request.dispatchId, cancelled);
    signal.addEventListener('abort', cancel);
    try {
      return await outcome;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /**
   * Asks a node whether it would refuse a call, before a person is asked to approve it. See `CallChecks.check`.
   *
   * @param signal Aborts to give up.
   */
  check(node: AgentNode, request: CheckRequest, signal: AbortSignal): Promise<ToolOutcome | undefined> {
    return this.#options.registry.findOrCreate(node).checks.check(request, signal);
  }

  /**
   * Resolves with the failure of a call that waits for an approval, when the node is lost or would refuse the call: see
   * `WaitingCalls.watch`.
   *
   * @param signal Aborts when nobody waits any more.
   */
  watch(node: AgentNode, request: WaitingRequest, signal: AbortSignal): Promise<ToolOutcome> {
    return this.#options.registry.findOrCreate(node).waiting.watch(request, signal);
  }

  /** Takes the answer of an agent to such a question. Returns whether anybody waited for it. */
  reportCheck({ id }: NodeIdentity, dispatchId: string, refusal: CallRefusal | null): boolean {
    const { maxOutputBytes } = this.#options;
    const bounded = refusal && {
      ...refusal,
      result: boundText(withoutNul(refusal.result), maxOutputBytes),
    };
    const live = this.#options.registry.find(id);
    return live !== undefined && [live.checks, live.waiting].some((each) => each.report(dispatchId, bounded));
  }

  /** Says why a node cannot run a tool now; undefined if it can. */
  whyOffline(node: AgentNode): string | undefined {
    const { isReachable, presence } = this.#options.registry.findOrCreate(node);
    if (isReachable) return undefined;
    const seen = presence.lastSeenAt ?? node.lastSeenAt;
    const when = seen ? `it was last seen at ${seen.toISOString()}` : 'it has never connected';
    return `The node "${node.nodeId}" is offline: ${when}. Nothing was started.`;
  }

  /** The process of a node's agent that is connected, or was connected last. */
  instanceOf({ id }: Pick<AgentNode, 'id'>): string | undefined {
    return this.#of(id)?.instanceId;
  }

  /**
   * Returns whether the agent may start a dispatch. The same process gets the same reply when it asks again.
   *
   * @throws GatewayError OVERLOADED if the run of the dispatch must learn first where its node is.
   */
  async acknowledge({ id }: NodeIdentity, dispatchId: string, instanceId: string): Promise<boolean> {
    if (this.#of(id)?.acknowledge(dispatchId, instanceId)) {
      await this.#of(id)?.find(dispatchId)?.request.onAcknowledged?.(instanceId);
      return true;
    }
    await this.#refuseWaitedFor(id, dispatchId);
    return false;
  }

  /**
   * Takes a piece of a tool's output.
   *
   * @param offset Where the piece begins, in UTF-16 code units from the start of all output.
   * @throws GatewayError CONFLICT if an earlier piece is missing; OVERLOADED if the run of the dispatch must learn first
   *   where its node is.
   */
  async append(
    { id }: NodeIdentity,
    dispatchId: string,
    offset: number,
    text: string,
  ): Promise<OutputProgress> {
    const dispatch = this.#of(id)?.find(dispatchId);
    if (dispatch?.instanceId !== undefined) return dispatch.output.append(offset, withoutNul(text));
    await this.#refuseWaitedFor(id, dispatchId);
    return { nextOffset: offset + text.length, isWanted: false };
  }

  /**
   * Takes a result. Returns whether it came in time. The same report gets the same reply again.
   *
   * @throws GatewayError OVERLOADED if the run of the dispatch must learn first where its node is.
   */
  async finish({ id }: NodeIdentity, dispatchId: string, given: DispatchReport): Promise<boolean> {
    const report = { ...given, result: withoutNul(given.result) };
    const onReported = this.#of(id)?.find(dispatchId)?.request.onReported;
    if (this.#of(id)?.finish(dispatchId, report)) {
      await onReported?.();
      return true;
    }
    await this.#refuseWaitedFor(id, dispatchId);
    await storeLateResult(
      this.#options,
      { ...report, dispatchId, agentNodeId: id },
      this.#options.maxOutputBytes,
    );
    return false;
  }

  /** Cancels the dispatches of a session on a node that was detached from it, and the calls that wait for an approval. */
  cancelSession(agentNodeId: number, sessionId: number): void {
    const live = this.#options.registry.find(agentNodeId);
    live?.dispatches.cancelSession(sessionId, 'Cancelled: the node was detached from the session.');
    live?.waiting.loseSession(sessionId, detached(live.nodeId));
  }

  async #refuseWaitedFor(agentNodeId: number, dispatchId: string): Promise<void> {
    if (this.#of(agentNodeId)?.knows(dispatchId)) return;
    await refuseWaitedFor(this.#options.database, agentNodeId, dispatchId);
  }

  #of(agentNodeId: number) {
    return this.#options.registry.find(agentNodeId)?.dispatches;
  }
}

/** What the model is told of a call whose node was detached from the session. */
export function detached(nodeId: string): string {
  return `The node "${nodeId}" is not attached to the session any more.`;
}

const cancelled = 'Cancelled.';

/** PostgreSQL cannot store NUL. The replacement has the same length, because offsets count characters. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
