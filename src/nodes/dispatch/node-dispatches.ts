import { boundText } from './bounded-text.ts';
import { Dispatch, type DispatchOutcome, type DispatchRequest } from './dispatch.ts';
import { type DispatchReport, failure, lostOutcome, reportedOutcome } from './dispatch-outcome.ts';
import type { InboxEntry } from './inbox.ts';

/** How long a dispatch may take for each step, and how much of it there may be. */
export interface DispatchLimits {
  /** Within which an agent that is connected acknowledges a dispatch. */
  ackMs: number;
  /** Within which it stops a dispatch that was cancelled or took too long, and says so. */
  cancelConfirmMs: number;
  /** Dispatches that wait for a place on one node. */
  maxQueued: number;
  /** Bytes of UTF-8, of what is passed on live and of the result each. */
  maxOutputBytes: number;
}

export interface NodeDispatchesOptions {
  nodeId: string;
  limits: DispatchLimits;
  /** Puts something into the node's inbox. */
  send(entry: InboxEntry): void;
  /** Called when the number of running dispatches may have changed. */
  onChange(): void;
  /** Called when the output of a dispatch could not be passed on. */
  onError(error: unknown): void;
}

/** An agent that has not heard of the answer to a report sends it again soon. */
const rememberedReports = 256;

/**
 * The dispatches of one node: at most as many with it as it takes, the others in a queue. A dispatch is sent
 * again until an agent acknowledges it, and never after that, so that it runs once at most.
 */
export class NodeDispatches {
  /** In the order in which they came. */
  readonly #live = new Map<string, Dispatch>();
  /** The newest that were reported while somebody waited. */
  readonly #finished = new Set<string>();
  readonly #options: NodeDispatchesOptions;
  /** The agent process that is connected, or was last. */
  #instanceId: string | undefined;
  #isConnected = false;
  #places = 1;

  constructor(options: NodeDispatchesOptions) {
    this.#options = options;
  }

  /** Dispatches that are with the node. */
  get running(): number {
    return [...this.#live.values()].filter((dispatch) => dispatch.isWithNode).length;
  }

  get isBusy(): boolean {
    return this.running >= this.#places;
  }

  find(dispatchId: string): Dispatch | undefined {
    return this.#live.get(dispatchId);
  }

  /** Resolves with the outcome, whatever becomes of the node; never rejects. */
  start(request: DispatchRequest): Promise<DispatchOutcome> {
    const { nodeId, limits, onError } = this.#options;
    if (this.isBusy && this.#live.size - this.running >= limits.maxQueued) {
      const waiting = `The node "${nodeId}" is busy, and ${limits.maxQueued} calls wait for it already.`;
      return Promise.resolve(failure('NODE_BUSY', waiting));
    }
    const dispatch = new Dispatch(request, limits.maxOutputBytes, onError);
    this.#live.set(request.dispatchId, dispatch);
    this.#sendQueued();
    return dispatch.outcome;
  }

  /**
   * An agent has connected: what it has not acknowledged it must acknowledge soon. What another process of
   * the agent had acknowledged is lost.
   */
  connect(instanceId: string, places = this.#places): void {
    this.#instanceId = instanceId;
    this.#places = places;
    this.#isConnected = true;
    for (const dispatch of this.#newestFirst()) {
      if (dispatch.instanceId !== undefined && dispatch.instanceId !== instanceId) {
        this.#settle(dispatch, lostOutcome(dispatch, 'The agent of the node was started anew.'));
      } else if (dispatch.state === 'SENT') {
        this.#expectAcknowledgement(dispatch);
      }
    }
    this.#sendQueued();
  }

  /** The agent is not heard of: it may come back and acknowledge, or report. */
  disconnect(): void {
    this.#isConnected = false;
    for (const dispatch of this.#live.values()) if (dispatch.state === 'SENT') dispatch.expectNothing();
  }

  /** The agent will not come back. */
  lose(why: string): void {
    for (const dispatch of this.#newestFirst()) this.#settle(dispatch, lostOutcome(dispatch, why));
  }

  /** Those of these ids that the connected agent has no business to run. */
  unknownOf(dispatchIds: readonly string[]): string[] {
    return dispatchIds.filter((id) => {
      const dispatch = this.#live.get(id);
      return !dispatch?.isWithNode || (dispatch.instanceId ?? this.#instanceId) !== this.#instanceId;
    });
  }

  /** Whether an agent process may start a dispatch. Asked again, it is answered the same. */
  acknowledge(dispatchId: string, instanceId: string): boolean {
    const dispatch = this.#live.get(dispatchId);
    if (dispatch === undefined || instanceId !== this.#instanceId) return false;
    if (dispatch.state === 'ACKNOWLEDGED') return dispatch.instanceId === instanceId;
    if (dispatch.state !== 'SENT') return false;
    dispatch.state = 'ACKNOWLEDGED';
    dispatch.instanceId = instanceId;
    // The agent stops it by itself, and needs a moment to report that.
    const withinMs = dispatch.request.timeoutMs + this.#options.limits.cancelConfirmMs;
    dispatch.expect(withinMs, () => this.#timeOut(dispatch));
    return true;
  }

  /** Whether anybody waited for the report. Told again, it is answered the same. */
  finish(dispatchId: string, report: DispatchReport): boolean {
    const dispatch = this.#live.get(dispatchId);
    if (!dispatch?.isWithNode) return this.#finished.has(dispatchId);
    this.#finished.add(dispatchId);
    const [oldest = ''] = this.#finished;
    if (this.#finished.size > rememberedReports) this.#finished.delete(oldest);
    this.#settle(dispatch, reportedOutcome(report, dispatch.state === 'CANCELLING'));
    return true;
  }

  /** Ends a dispatch soon, with `stopped` where it is certain that nothing of it runs. */
  cancel(dispatchId: string, why: string): void {
    const dispatch = this.#live.get(dispatchId);
    if (dispatch === undefined) return;
    const { state } = dispatch;
    if (state === 'QUEUED' || state === 'SENT') {
      this.#settle(dispatch, { status: 'CANCELLED', stopped: true, result: `${why} Nothing was started.` });
    } else if (state === 'ACKNOWLEDGED') {
      dispatch.state = 'CANCELLING';
      this.#options.send({ type: 'CancelDispatch', dispatchId });
      const result = `${why} The node did not confirm that it stopped.`;
      dispatch.expect(this.#options.limits.cancelConfirmMs, () =>
        this.#settle(dispatch, { status: 'CANCELLED', stopped: false, result }),
      );
    }
  }

  cancelSession(sessionId: number, why: string): void {
    for (const dispatch of this.#newestFirst()) {
      const { dispatchId, sessionId: owner } = dispatch.request;
      if (owner === sessionId) this.cancel(dispatchId, why);
    }
  }

  /** In the order in which none that is to end takes the place of another. */
  #newestFirst(): Dispatch[] {
    return [...this.#live.values()].reverse();
  }

  #sendQueued(): void {
    for (const dispatch of this.#live.values()) {
      if (this.isBusy) break;
      if (dispatch.state !== 'QUEUED') continue;
      dispatch.state = 'SENT';
      this.#options.send({ type: 'RunDispatch', dispatchId: dispatch.request.dispatchId });
      if (this.#isConnected) this.#expectAcknowledgement(dispatch);
    }
    this.#options.onChange();
  }

  #expectAcknowledgement(dispatch: Dispatch): void {
    const { nodeId, limits } = this.#options;
    const late = `The node "${nodeId}" did not take the call within ${limits.ackMs} ms. Nothing was started.`;
    dispatch.expect(limits.ackMs, () => this.#settle(dispatch, failure('NODE_UNRESPONSIVE', late)));
  }

  #timeOut(dispatch: Dispatch): void {
    const { timeoutMs, dispatchId } = dispatch.request;
    this.#options.send({ type: 'CancelDispatch', dispatchId });
    const late = `It did not end within ${timeoutMs} ms, and the node did not say that it was stopped.`;
    this.#settle(dispatch, failure('TIMEOUT', late));
  }

  #settle(dispatch: Dispatch, outcome: DispatchOutcome): void {
    const { maxOutputBytes } = this.#options.limits;
    this.#live.delete(dispatch.request.dispatchId);
    dispatch.settle({ ...outcome, result: boundText(outcome.result, maxOutputBytes) });
    this.#sendQueued();
  }
}
