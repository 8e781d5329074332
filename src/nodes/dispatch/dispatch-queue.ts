import type { ToolOutcome } from '../../tools/tool-runner.ts';
import { boundText } from './bounded-text.ts';
import { cancelDispatch, type QueueActions, timeOutDispatch } from './cancel-dispatch.ts';
import { Dispatch, type DispatchRequest } from './dispatch.ts';
import { type DispatchReport, failure, lostOutcome, reportedOutcome } from './dispatch-outcome.ts';
import type { InboxEntry } from './inbox.ts';

/** How long each step of a dispatch may take, and how much output it may have. */
export interface DispatchLimits {
  /** Milliseconds in which a connected agent must acknowledge a dispatch. */
  ackMs: number;
  /** Milliseconds in which an agent must stop a dispatch that was cancelled or took too long, and report that. */
  cancelConfirmMs: number;
  /** How many dispatches may wait for a free slot on one node. */
  maxQueued: number;
  /** Bytes of UTF-8. The live output and the result may each have this many. */
  maxOutputBytes: number;
}

export interface DispatchQueueOptions {
  nodeId: string;
  limits: DispatchLimits;
  /** Puts a command into the node's inbox. */
  send(entry: InboxEntry): void;
  /** Called when the number of running dispatches may have changed. */
  onChange(): void;
  /** Called when the output of a dispatch could not be passed on. */
  onError(error: unknown): void;
}

/**
 * How many reported dispatches are remembered. An agent whose report was received, but whose reply was lost, sends
 * the report again soon; it must then get the same reply.
 */
const rememberedReports = 256;

/**
 * The dispatches of one node. The node has as many slots as its agent allows; further dispatches wait in the queue.
 * A dispatch may be sent several times until an agent acknowledges it and is never sent after that, so the tool
 * runs at most once.
 */
export class DispatchQueue {
  /** All dispatches that have not ended, oldest first. */
  readonly #live = new Map<string, Dispatch>();
  /** The ids of the newest dispatches that an agent reported in time. */
  readonly #finished = new Set<string>();
  readonly #options: DispatchQueueOptions;
  /** The agent process that is connected now, or was connected last. */
  #instanceId: string | undefined;
  #isConnected = false;
  #slots = 1;

  constructor(options: DispatchQueueOptions) {
    this.#options = options;
  }

  /** How many dispatches have a slot on the node. */
  get running(): number {
    return [...this.#live.values()].filter((dispatch) => dispatch.isWithNode).length;
  }

  /** The agent process that is connected now, or was connected last. */
  get instanceId(): string | undefined {
    return this.#instanceId;
  }

  get isBusy(): boolean {
    return this.running >= this.#slots;
  }

  find(dispatchId: string): Dispatch | undefined {
    return this.#live.get(dispatchId);
  }

  /** Resolves with the outcome in every case, also when the node is lost. Never rejects. */
  start(request: DispatchRequest): Promise<ToolOutcome> {
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
   * Called when an agent has connected. It must acknowledge soon what was sent and not acknowledged. Dispatches
   * that another process of the agent acknowledged are lost, because that process is gone.
   */
  connect(instanceId: string, slots = this.#slots): void {
    this.#instanceId = instanceId;
    this.#slots = slots;
    this.#isConnected = true;
    for (const dispatch of this.#newestFirst()) {
      if (dispatch.instanceId !== undefined && dispatch.instanceId !== instanceId) {
        this.#settle(dispatch, lostOutcome(dispatch, 'The agent of the node was started anew.'));
      } else if (dispatch.state === 'SENT') {
        this.#awaitAcknowledgement(dispatch);
      }
    }
    this.#sendQueued();
  }

  /** Called when the connection is lost. The agent may still come back and acknowledge or report. */
  disconnect(): void {
    this.#isConnected = false;
    for (const dispatch of this.#live.values()) if (dispatch.state === 'SENT') dispatch.clearDeadline();
  }

  /** Ends all dispatches, because the agent will not come back. */
  loseAll(why: string): void {
    for (const dispatch of this.#newestFirst()) this.#settle(dispatch, lostOutcome(dispatch, why));
  }

  /** Returns the ids that the connected agent should not be running. */
  findUnknown(dispatchIds: readonly string[]): string[] {
    return dispatchIds.filter((id) => {
      const dispatch = this.#live.get(id);
      return !dispatch?.isWithNode || (dispatch.instanceId ?? this.#instanceId) !== this.#instanceId;
    });
  }

  /** Returns whether this agent process may start the dispatch. The same question gets the same reply again. */
  acknowledge(dispatchId: string, instanceId: string): boolean {
    const dispatch = this.#live.get(dispatchId);
    if (dispatch === undefined || instanceId !== this.#instanceId) return false;
    if (dispatch.state === 'ACKNOWLEDGED') return dispatch.instanceId === instanceId;
    if (dispatch.state !== 'SENT') return false;
    dispatch.state = 'ACKNOWLEDGED';
    dispatch.instanceId = instanceId;
    // At `timeoutMs` the agent stops the tool by itself. It needs a moment more to report that.
    const withinMs = dispatch.request.timeoutMs + this.#options.limits.cancelConfirmMs;
    dispatch.setDeadline(withinMs, () => timeOutDispatch(dispatch, this.#actionsFor(dispatch)));
    return true;
  }

  /** Returns whether the report came in time. The same report gets the same reply again. */
  finish(dispatchId: string, report: DispatchReport): boolean {
    const dispatch = this.#live.get(dispatchId);
    if (!dispatch?.isWithNode) return this.#finished.has(dispatchId);
    this.#finished.add(dispatchId);
    const [oldest = ''] = this.#finished;
    if (this.#finished.size > rememberedReports) this.#finished.delete(oldest);
    this.#settle(dispatch, reportedOutcome(report, dispatch.state === 'CANCELLING'));
    return true;
  }

  /** Cancels a dispatch, if it has not ended: see `cancelDispatch`. */
  cancel(dispatchId: string, why: string): void {
    const dispatch = this.#live.get(dispatchId);
    if (dispatch === undefined) return;
    cancelDispatch(dispatch, why, this.#options.limits.cancelConfirmMs, this.#actionsFor(dispatch));
  }

  cancelSession(sessionId: number, why: string): void {
    for (const dispatch of this.#newestFirst()) {
      const { dispatchId, sessionId: owner } = dispatch.request;
      if (owner === sessionId) this.cancel(dispatchId, why);
    }
  }

  /**
   * Ending a dispatch frees its slot, and the oldest queued dispatch is sent. When several must end, the newest end
   * first; otherwise a dispatch that is about to be ended would be sent to the node.
   */
  #newestFirst(): Dispatch[] {
    return [...this.#live.values()].reverse();
  }

  #sendQueued(): void {
    for (const dispatch of this.#live.values()) {
      if (this.isBusy) break;
      if (dispatch.state !== 'QUEUED') continue;
      dispatch.state = 'SENT';
      this.#options.send({ type: 'RunDispatch', dispatchId: dispatch.request.dispatchId });
      if (this.#isConnected) this.#awaitAcknowledgement(dispatch);
    }
    this.#options.onChange();
  }

  #awaitAcknowledgement(dispatch: Dispatch): void {
    const { nodeId, limits } = this.#options;
    const late = `The node "${nodeId}" did not take the call within ${limits.ackMs} ms. Nothing was started.`;
    dispatch.setDeadline(limits.ackMs, () => this.#settle(dispatch, failure('NODE_UNRESPONSIVE', late)));
  }

  #actionsFor(dispatch: Dispatch): QueueActions {
    return { send: this.#options.send, settle: (outcome) => this.#settle(dispatch, outcome) };
  }

  #settle(dispatch: Dispatch, outcome: ToolOutcome): void {
    const { maxOutputBytes } = this.#options.limits;
    this.#live.delete(dispatch.request.dispatchId);
    dispatch.settle({ ...outcome, result: boundText(outcome.result, maxOutputBytes) });
    this.#sendQueued();
  }
}
