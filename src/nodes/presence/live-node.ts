import type { Entry } from '../../bus/append-log.ts';
import { CallChecks } from '../dispatch/call-checks.ts';
import type { Connection } from '../dispatch/connection.ts';
import type { DispatchLimits } from '../dispatch/dispatch-limits.ts';
import { notBackInTime } from '../dispatch/dispatch-outcome.ts';
import { DispatchQueue } from '../dispatch/dispatch-queue.ts';
import { type InboxEntry, type InboxLog, inboxKey } from '../dispatch/inbox.ts';
import {
  type InboxClosedReason,
  inboxClosedReasons,
  type NodeCommandBody,
} from '../dispatch/node-command.ts';
import { WaitingCalls } from '../dispatch/waiting-calls.ts';
import type { NodeStats, Presence } from './presence.ts';

export interface LiveNodeOptions {
  limits: DispatchLimits;
  inbox: InboxLog;
  /** Milliseconds between two heartbeats of an agent. */
  heartbeatMs: number;
  /** Milliseconds that the dispatches of a disconnected node wait for it to come back. */
  graceMs: number;
  /** Called when the node connects, disconnects or is lost, or when the number of its dispatches changes. */
  onChange(node: LiveNode): void;
  /**
   * Called at every heartbeat, and when the agent is gone.
   *
   * @param isGone Whether the agent is gone.
   */
  onSeen(id: number, lastSeenAt: Date, isGone: boolean): void;
  /** Called when a command could not be put into the inbox, or output of a tool could not be passed on. */
  onError(error: unknown): void;
}

/** A node is offline after this many missed heartbeats. */
export const missedHeartbeats = 3;

/** One node as this process knows it: its agent's connection and its dispatches. Kept in memory only. */
export class LiveNode {
  readonly id: number;
  readonly nodeId: string;
  readonly dispatches: DispatchQueue;
  readonly checks: CallChecks;
  readonly waiting: WaitingCalls;
  readonly #options: LiveNodeOptions;
  #connection: Connection | undefined;
  #isSilent = false;
  #silence: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #lastSeenAt: Date | null = null;
  #stats: Presence['stats'] = null;

  constructor({ id, nodeId }: { id: number; nodeId: string }, options: LiveNodeOptions) {
    this.id = id;
    this.nodeId = nodeId;
    this.#options = options;
    this.dispatches = new DispatchQueue({
      nodeId,
      limits: options.limits,
      send: (entry) => this.#send(entry),
      onChange: () => options.onChange(this),
      onError: options.onError,
    });
    const { ackMs } = options.limits;
    this.checks = new CallChecks({ nodeId, ackMs, send: (entry) => this.#send(entry) });
    this.waiting = new WaitingCalls((entry) => this.#send(entry));
  }

  get presence(): Presence {
    const isOnline = this.#connection !== undefined && !this.#isSilent;
    return {
      connection: !isOnline ? 'OFFLINE' : this.dispatches.isBusy ? 'BUSY' : 'ONLINE',
      lastSeenAt: this.#lastSeenAt,
      stats: isOnline ? this.#stats : null,
      runningDispatches: this.dispatches.running,
    };
  }

  /** Whether the node is connected, or its grace time has not run out. */
  get isReachable(): boolean {
    return this.presence.connection !== 'OFFLINE' || this.#grace !== undefined;
  }

  /** The sessions that have dispatches or waiting calls on the node, each once. */
  get sessionIds(): number[] {
    return [...new Set([...this.dispatches.sessionIds, ...this.waiting.sessionIds])];
  }

  /**
   * Called when an agent has connected. It replaces an agent that is connected already.
   *
   * @param openIds The ids of the dispatches that the agent has.
   */
  open(connection: Connection, maxDispatches: number, openIds: readonly string[]): void {
    this.#connection?.close('TAKEN_OVER');
    this.#connection = connection;
    this.#stats = null;
    this.#lastSeenAt = new Date();
    this.#awaitHeartbeat();
    this.dispatches.connect(connection.instanceId, openIds, maxDispatches);
    this.checks.connect(connection.checksCalls);
    this.waiting.connect(connection.checksCalls);
  }

  /** Takes a heartbeat. Returns those dispatches of the agent that no run waits for, as far as this process knows. */
  beat(stats: NodeStats, running: readonly string[]): string[] {
    this.#lastSeenAt = new Date();
    if (this.#connection) {
      const wasSilent = this.#isSilent;
      this.#stats = { ...stats, at: this.#lastSeenAt };
      this.#awaitHeartbeat();
      if (wasSilent) {
        this.dispatches.connect(this.#connection.instanceId, running);
        this.checks.connect(this.#connection.checksCalls);
      }
    }
    this.#options.onSeen(this.id, this.#lastSeenAt, false);
    return this.dispatches.findUnknown(running);
  }

  /** Called when the agent has left. */
  leave(connection: Connection): void {
    connection.close();
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#goOffline();
  }

  /** Closes the inbox. The dispatches are lost, except when the gateway shuts down: then the agent may come back. */
  close(reason: InboxClosedReason): void {
    this.#connection?.close(reason);
    this.#connection = undefined;
    this.#goOffline();
    if (reason === 'SHUTTING_DOWN') return;
    this.#loseDispatches(inboxClosedReasons[reason]);
  }

  /** The node has connected to another gateway. What runs goes on there, and nothing is said about it here. */
  moveAway(): void {
    this.#connection?.close('TAKEN_OVER');
    this.#connection = undefined;
    clearTimeout(this.#silence);
    clearTimeout(this.#grace);
    this.dispatches.abandon();
  }

  /** Asks the agent again whether it would refuse a call that waits for an approval. */
  askAgain(dispatchId: string): void {
    if (this.#connection?.checksCalls) this.waiting.askAgain(dispatchId);
  }

  /** Gives the agent time to come back; after `withinMs` milliseconds its dispatches are lost. */
  startGrace(withinMs: number): void {
    const why = notBackInTime(this.nodeId);
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => this.#loseDispatches(why), withinMs);
  }

  /** Gives the agent of a node that is offline the usual grace time to come back. */
  awaitAgent(): void {
    if (!this.isReachable) this.startGrace(this.#options.graceMs);
  }

  [Symbol.dispose](): void {
    this.close('SHUTTING_DOWN');
    this.#loseDispatches(inboxClosedReasons.SHUTTING_DOWN);
  }

  /** The command that an inbox entry means now; undefined if the agent need not be told. */
  toCommand(entry: Entry<InboxEntry>, { openedSeq }: Connection): NodeCommandBody | undefined {
    const { type, dispatchId } = entry;
    if (type === 'CheckDispatch') {
      const check = this.checks.find(dispatchId) ?? this.waiting.find(dispatchId);
      if (check === undefined) return undefined;
      return { type, dispatchId, workspaceId: check.workspaceId, tool: check.tool, args: check.args };
    }
    const dispatch = this.dispatches.find(dispatchId);
    if (type === 'CancelDispatch') {
      // An agent that was away when this was sent learns it from `unknownDispatchIds`.
      return dispatch || entry.seq > openedSeq ? { type, dispatchId } : undefined;
    }
    if (dispatch?.state !== 'SENT') return undefined;
    const { toolApproval, workspaceId, tool, args, timeoutMs, traceparent, tracestate } = dispatch.request;
    const { maxOutputBytes } = this.#options.limits;
    const trace = { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) };
    return { type, dispatchId, toolApproval, workspaceId, tool, args, timeoutMs, maxOutputBytes, ...trace };
  }

  #awaitHeartbeat(): void {
    this.#isSilent = false;
    clearTimeout(this.#grace);
    this.#grace = undefined;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#isSilent = true;
      this.#goOffline();
    }, this.#options.heartbeatMs * missedHeartbeats);
  }

  #goOffline(): void {
    clearTimeout(this.#silence);
    this.dispatches.disconnect();
    this.checks.disconnect();
    this.startGrace(this.#options.graceMs);
    this.#options.onChange(this);
    if (this.#lastSeenAt) this.#options.onSeen(this.id, this.#lastSeenAt, true);
  }

  #loseDispatches(why: string): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.dispatches.loseAll(why);
    this.checks.loseAll();
    this.waiting.loseAll(why);
    this.#options.onChange(this);
  }

  #send(entry: InboxEntry): void {
    const { log, bus } = this.#options.inbox;
    const key = inboxKey(this.id);
    const append = async () => {
      await log.append(key, { ...entry });
      bus.ring(key);
    };
    // If this fails, the agent never acknowledges the dispatch, and the dispatch fails for that reason.
    append().catch(this.#options.onError);
  }
}
