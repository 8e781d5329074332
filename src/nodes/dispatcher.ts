import type { AgentNode } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import type { DispatchOutcome, DispatchRequest } from './dispatch/dispatch.ts';
import { type DispatchReport, failure } from './dispatch/dispatch-outcome.ts';
import type { OutputProgress } from './dispatch/dispatch-output.ts';
import { storeLateResult } from './dispatch/late-result.ts';
import type { NodeIdentity } from './presence/connected-nodes.ts';
import type { Registry } from './registry.ts';

export interface DispatcherOptions {
  database: Database;
  registry: Registry;
  /** Bytes of UTF-8, of a result. */
  maxOutputBytes: number;
}

/**
 * Brings tool calls to nodes, and what their agents report back. A dispatch of another node is answered like
 * one that there is not.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * Runs a tool call on a node. Always resolves, whatever becomes of the node.
   *
   * @param signal Cancels it; the outcome then comes within `cancelConfirmMs`.
   */
  async dispatch(node: AgentNode, request: DispatchRequest, signal: AbortSignal): Promise<DispatchOutcome> {
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

  /** A sentence where a node cannot be expected to run anything; undefined where it can. */
  whyOffline(node: AgentNode): string | undefined {
    const { isReachable, presence } = this.#options.registry.findOrCreate(node);
    if (isReachable) return undefined;
    const seen = presence.lastSeenAt ?? node.lastSeenAt;
    const when = seen ? `it was last seen at ${seen.toISOString()}` : 'it has never connected';
    return `The node "${node.nodeId}" is offline: ${when}. Nothing was started.`;
  }

  /** Whether the agent may start a dispatch. Asked again by the same process, it is answered the same. */
  acknowledge({ id }: NodeIdentity, dispatchId: string, instanceId: string): boolean {
    return this.#of(id)?.acknowledge(dispatchId, instanceId) ?? false;
  }

  /**
   * Takes a piece of output.
   *
   * @param offset Where it begins, in UTF-16 code units from the start of all output.
   * @throws GatewayError CONFLICT where a piece is missing before it.
   */
  async append(
    { id }: NodeIdentity,
    dispatchId: string,
    offset: number,
    text: string,
  ): Promise<OutputProgress> {
    const dispatch = this.#of(id)?.find(dispatchId);
    if (dispatch?.instanceId !== undefined) return dispatch.output.append(offset, withoutNul(text));
    return { nextOffset: offset + text.length, isWanted: false };
  }

  /** Takes the result. Returns whether anybody waited for it; asked again, it is answered the same. */
  async finish({ id, nodeId }: NodeIdentity, dispatchId: string, given: DispatchReport): Promise<boolean> {
    const report = { ...given, result: withoutNul(given.result) };
    if (this.#of(id)?.finish(dispatchId, report)) return true;
    const { database, maxOutputBytes } = this.#options;
    await storeLateResult(database, { ...report, dispatchId, nodeId }, maxOutputBytes);
    return false;
  }

  /** Cancels what a session runs on a node that was detached from it. */
  cancelSession(agentNodeId: number, sessionId: number): void {
    this.#of(agentNodeId)?.cancelSession(sessionId, 'Cancelled: the node was detached from the session.');
  }

  #of(agentNodeId: number) {
    return this.#options.registry.find(agentNodeId)?.dispatches;
  }
}

const cancelled = 'Cancelled.';

/** What PostgreSQL cannot store is replaced by something as long: offsets count it. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
