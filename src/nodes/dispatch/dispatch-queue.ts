import type { ToolOutcome } from '../../tools/tool-runner.ts';
import { boundText } from './bounded-text.ts';
import { cancelDispatch, type QueueActions, timeOutDispatch } from './cancel-dispatch.ts';
import { Dispatch, type DispatchRequest } from './dispatch.ts';
import type { DispatchLimits } from './dispatch-limits.ts';
import {
  type DispatchReport,
  failure,
  lostOutcome,
  notTakenOutcome,
  reportedOutcome,
} from './dispatch-outcome.ts';
import { EndedDispatches, type ReportedDispatch } from './ended-dispatches.ts';
import type { InboxEntry } from './inbox.ts';

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
 * The dispatches of one node. The node has as many slots as its agent allows; further dispatches wait in the queue.
 * A dispatch may be sent several times until an agent acknowledges it and is never sent after that, so the tool
 * runs at most once.
 */
export class DispatchQueue {
  /** All dispatches that have not ended, oldest first. */
  readonly #live = new Map<string, Dispatch>();
  readonly #ended = new EndedDispatches();
  readonly #options: DispatchQueueOptions;
  /** The agent process that is connected now, or was connected last. */
  #instanceId: string | undefined;
  /** The ids of the dispatches that this process had when it was last asked. */
  #openIds: ReadonlySet<string> = new Set();
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

  /** The sessions of all dispatches that have not ended. */
  get sessionIds(): number[] {
    return [...this.#live.values()].map(({ request }) => request.sessionId);
  }

  find(dispatchId: string): Dispatch | undefined {
    return this.#live.get(dispatchId);
  }

  /** Resolves with the outcome in every case, also when the node is lost. Never rejects. */
  start(request: DispatchRequest): Promise<ToolOutcome> {
    const { nodeId, limits, onError } = this.#options;
    const isFull = this.isBusy && this.#live.size - this.running >= limits.maxQueued;
    if (isFull && !request.resumed) {
      const waiting = `The node "${nodeId}" is busy, and ${limits.maxQueued} calls wait for it already.`;
      return Promise.resolve(failure('NODE_BUSY', waiting));
    }
    const dispatch = new Dispatch(request, limits.maxOutputBytes, onError);
    this.#live.set(request.dispatchId, dispatch);
    if (this.#isConnected && this.#instanceId !== undefined) this.#goOn(dispatch, this.#instanceId);
    this.#sendQueued();
    return dispatch.outcome;
  }

  /**
   * Called when an agent has connected. It must acknowledge soon what was sent and not acknowledged. Dispatches
   * that another process of the agent acknowledged are lost, because that process is gone.
   *
   * @param openIds The ids of the dispatches that the agent has: from their arrival until they are reported.
   */
  connect(instanceId: string, openIds: readonly string[], slots = this.#slots): void {
    this.#instanceId = instanceId;
    this.#openIds = new Set(openIds);
    this.#slots = slots;
    this.#isConnected = true;
    for (const dispatch of this.#newestFirst()) this.#goOn(dispatch, instanceId);
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

  /** Forgets all dispatches without an outcome, because their node has connected to another gateway, where they go on. */
  abandon(): void {
    for (const dispatch of this.#live.values()) dispatch.clearDeadline();
    this.#live.clear();
  }

  /** Returns the ids that the connected agent should not be running, as far as this queue knows. */
  findUnknown(dispatchIds: readonly string[]): string[] {
    this.#openIds = new Set(dispatchIds);
    return dispatchIds.filter((id) => {
      const dispatch = this.#live.get(id);
      return !dispatch?.isWithNode || (dispatch.startedBy ?? this.#instanceId) !== this.#instanceId;
    });
  }

  /** Whether the queue has, or had, a dispatch. Otherwise a run may wait for it that has not said so to this gateway yet. */
  knows(dispatchId: string): boolean {
    return this.#live.has(dispatchId) || this.#ended.has(dispatchId);
  }

  /** Returns whether this agent process may start the dispatch. The same question gets the same reply again. */
  acknowledge(dispatchId: string, instanceId: string): boolean {
    const dispatch = this.#live.get(dispatchId);
    if (dispatch === undefined || instanceId !== this.#instanceId) return false;
    if (dispatch.state === 'ACKNOWLEDGED') return dispatch.instanceId === instanceId;
    if (dispatch.state !== 'SENT' || dispatch.request.resumed?.isAcknowledged) return false;
    this.#giveTo(dispatch, instanceId);
    return true;
  }

  /** Returns undefined if the report came too late. The same report gets the same reply again. */
  finish(dispatchId: string, report: DispatchReport): ReportedDispatch | undefined {
    const dispatch = this.#live.get(dispatchId);
    if (!dispatch?.isWithNode) return this.#ended.find(dispatchId);
    const { onReported } = dispatch.request;
    const reported = { whenTaken: async () => await onReported?.() };
    this.#settle(dispatch, reportedOutcome(report, dispatch.state === 'CANCELLING'), reported);
    return reported;
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

  /**
   * Goes on with a dispatch when its agent is connected. One that was begun elsewhere goes on where the agent has it.
   * Otherwise it is sent again: an agent that has never seen it starts it, and one that has ended it reports it again.
   */
  #goOn(dispatch: Dispatch, instanceId: string): void {
    const { state, startedBy, request } = dispatch;
    // Look first at what the process itself says: the gateway may not know which process has begun the dispatch.
    if (state === 'RESUMED' && this.#openIds.has(request.dispatchId)) {
      this.#giveTo(dispatch, instanceId);
    } else if (startedBy !== undefined && startedBy !== instanceId) {
      this.#settle(dispatch, lostOutcome(dispatch, 'The agent of the node was started anew.'));
    } else if (state === 'SENT') {
      this.#awaitAcknowledgement(dispatch);
    } else if (state === 'RESUMED') {
      dispatch.state = 'QUEUED';
    }
  }

  #giveTo(dispatch: Dispatch, instanceId: string): void {
    dispatch.state = 'ACKNOWLEDGED';
    dispatch.instanceId = instanceId;
    // At `timeoutMs` the agent stops the tool by itself. It needs a moment more to report that.
    const withinMs = dispatch.request.timeoutMs + this.#options.limits.cancelConfirmMs;
    dispatch.setDeadline(withinMs, () => timeOutDispatch(dispatch, this.#actionsFor(dispatch)));
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
    const late = `The node "${nodeId}" did not take the call within ${limits.ackMs} ms.`;
    dispatch.setDeadline(limits.ackMs, () => this.#settle(dispatch, notTakenOutcome(dispatch, late)));
  }

  #actionsFor(dispatch: Dispatch): QueueActions {
    return { send: this.#options.send, settle: (outcome) => this.#settle(dispatch, outcome) };
  }

  #settle(dispatch: Dispatch, outcome: ToolOutcome, reported?: ReportedDispatch): void {
    const { maxOutputBytes } = this.#options.limits;
    this.#live.delete(dispatch.request.dispatchId);
    this.#ended.add(dispatch.request.dispatchId, reported);
    dispatch.settle({ ...outcome, result: boundText(outcome.result, maxOutputBytes) });
    this.#sendQueued();
  }
}
