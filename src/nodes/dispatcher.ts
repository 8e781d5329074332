import type { AgentNode } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { ToolOutcome } from '../tools/tool-runner.ts';
import { boundText } from './dispatch/bounded-text.ts';
import type { CallRefusal, CheckRequest } from './dispatch/call-checks.ts';
import type { DispatchRequest } from './dispatch/dispatch.ts';
import { type DispatchReport, failure } from './dispatch/dispatch-outcome.ts';
import type { OutputProgress } from './dispatch/dispatch-output.ts';
import { inTime } from './dispatch/report-taken.ts';
import { storeLateResult } from './dispatch/store-late-result.ts';
import { refuseWaitedFor } from './dispatch/waited-for.ts';
import type { WaitingRequest } from './dispatch/waiting-calls.ts';
import type { NodeName } from './homes/node-calls.ts';
import type { NodeDispatcher } from './node-dispatcher.ts';
import type { NodeStats, Presence } from './presence/presence.ts';
import type { Registry } from './registry.ts';

interface DispatcherOptions {
  database: Database;
  registry: Registry;
  quotas: Pick<Quotas, 'add'>;
  /** A longer result is cut to this many bytes of UTF-8. */
  maxOutputBytes: number;
}

/**
 * Sends tool calls to the nodes of this process, and takes the reports of their agents. When an agent reports a dispatch of another node,
 * it gets the same reply as for a dispatch that does not exist.
 */
export class Dispatcher implements NodeDispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  async dispatch(node: AgentNode, request: DispatchRequest, signal: AbortSignal): Promise<ToolOutcome> {
    if (signal.aborted && !request.resumed) return cancelledBefore;
    const offline = this.whyOffline(node);
    const live = this.#options.registry.findOrCreate(node);
    if (offline !== undefined && !request.resumed) return failure('NODE_OFFLINE', offline);
    // Only the agent knows what has become of such a dispatch.
    if (offline !== undefined) live.awaitAgent();
    const outcome = live.dispatches.start(request);
    const cancel = () => live.dispatches.cancel(request.dispatchId, cancelled);
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    try {
      return await outcome;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  check(node: AgentNode, request: CheckRequest, signal: AbortSignal): Promise<ToolOutcome | undefined> {
    return this.#options.registry.findOrCreate(node).checks.check(request, signal);
  }

  watch(node: AgentNode, request: WaitingRequest, signal: AbortSignal): Promise<ToolOutcome> {
    return this.#options.registry.findOrCreate(node).waiting.watch(request, signal);
  }

  async reportCheck({ id }: NodeName, dispatchId: string, refusal: CallRefusal | null): Promise<boolean> {
    const { maxOutputBytes } = this.#options;
    const bounded = refusal && {
      ...refusal,
      result: boundText(withoutNul(refusal.result), maxOutputBytes),
    };
    const live = this.#options.registry.find(id);
    return live !== undefined && [live.checks, live.waiting].some((each) => each.report(dispatchId, bounded));
  }

  whyOffline(node: AgentNode): string | undefined {
    const { isReachable, presence } = this.#options.registry.findOrCreate(node);
    return isReachable ? undefined : offlineText(node, presence);
  }

  instanceOf({ id }: Pick<AgentNode, 'id'>): string | undefined {
    return this.#of(id)?.instanceId;
  }

  /** @throws GatewayError OVERLOADED if the run of the dispatch must learn first where its node is. */
  async acknowledge({ id }: NodeName, dispatchId: string, instanceId: string): Promise<boolean> {
    if (this.#of(id)?.acknowledge(dispatchId, instanceId)) {
      await this.#of(id)?.find(dispatchId)?.request.onAcknowledged?.(instanceId);
      return true;
    }
    await this.#refuseWaitedFor(id, dispatchId);
    return false;
  }

  /** @throws GatewayError CONFLICT as in `DispatchOutput.append`; OVERLOADED as in `acknowledge`. */
  async append({ id }: NodeName, dispatchId: string, offset: number, text: string): Promise<OutputProgress> {
    const dispatch = this.#of(id)?.find(dispatchId);
    if (dispatch?.instanceId !== undefined) return dispatch.output.append(offset, withoutNul(text));
    await this.#refuseWaitedFor(id, dispatchId);
    return { nextOffset: offset + text.length, isWanted: false };
  }

  /** @throws GatewayError OVERLOADED as in `acknowledge`. */
  async finish({ id }: NodeName, dispatchId: string, given: DispatchReport): Promise<boolean> {
    const report = { ...given, result: withoutNul(given.result) };
    const reported = this.#of(id)?.finish(dispatchId, report);
    if (reported) {
      await inTime(reported.whenTaken());
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

  async beat(node: NodeName, stats: NodeStats, running: readonly string[]): Promise<string[]> {
    return await this.#options.registry.beat(node, stats, running);
  }

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

/** The outcome of a call that was cancelled before it was sent. */
export const cancelledBefore: ToolOutcome = { status: 'CANCELLED', stopped: true, result: cancelled };

/** What the model is told of a call whose node is not connected. */
export function offlineText(
  { nodeId, lastSeenAt }: Pick<AgentNode, 'nodeId' | 'lastSeenAt'>,
  presence: Presence,
): string {
  const seen = presence.lastSeenAt ?? lastSeenAt;
  const when = seen ? `it was last seen at ${seen.toISOString()}` : 'it has never connected';
  return `The node "${nodeId}" is offline: ${when}. Nothing was started.`;
}

/** PostgreSQL cannot store NUL. The replacement has the same length, because offsets count characters. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
