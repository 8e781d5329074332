import type { Entry } from '../../bus/append-log.ts';
import type { Connection } from '../dispatch/connection.ts';
import { type InboxEntry, type InboxLog, inboxKey } from '../dispatch/inbox.ts';
import {
  type InboxClosedReason,
  inboxClosedReasons,
  type NodeCommandBody,
} from '../dispatch/node-command.ts';
import { type DispatchLimits, NodeDispatches } from '../dispatch/node-dispatches.ts';
import type { NodeStats, Presence } from './presence.ts';

export interface LiveNodeOptions {
  limits: DispatchLimits;
  inbox: InboxLog;
  /** How often an agent is expected to send a heartbeat. */
  heartbeatMs: number;
  /** How long the dispatches of a node that vanished wait for it. */
  graceMs: number;
  /** Called when the node came, went or has more or less to do. */
  onChange(node: LiveNode): void;
  /**
   * Called when its agent was heard of, and when it has gone.
   *
   * @param isGone Whether it will not be heard of for now.
   */
  onSeen(id: number, lastSeenAt: Date, isGone: boolean): void;
  /** Called when it could not be told something, or what it printed could not be passed on. */
  onError(error: unknown): void;
}

/** After so many heartbeats that did not come, a node counts as offline. */
const missedHeartbeats = 3;

/** What this process knows of one node: whether an agent is connected, and what it is to run. */
export class LiveNode {
  readonly id: number;
  readonly nodeId: string;
  readonly dispatches: NodeDispatches;
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
    this.dispatches = new NodeDispatches({
      nodeId,
      limits: options.limits,
      send: (entry) => this.#send(entry),
      onChange: () => options.onChange(this),
      onError: options.onError,
    });
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

  /** Whether it is connected, or may still come back in time. */
  get isReachable(): boolean {
    return this.presence.connection !== 'OFFLINE' || this.#grace !== undefined;
  }

  /** An agent has connected, in place of one that is. */
  open(connection: Connection, maxDispatches: number): void {
    this.#connection?.close('TAKEN_OVER');
    this.#connection = connection;
    this.#stats = null;
    this.#lastSeenAt = new Date();
    this.#expectHeartbeat();
    this.dispatches.connect(connection.instanceId, maxDispatches);
  }

  /** Takes a heartbeat. Returns those of the ids that the agent has no business to run. */
  beat(stats: NodeStats, running: readonly string[]): string[] {
    this.#lastSeenAt = new Date();
    if (this.#connection) {
      const wasSilent = this.#isSilent;
      this.#stats = { ...stats, at: this.#lastSeenAt };
      this.#expectHeartbeat();
      if (wasSilent) this.dispatches.connect(this.#connection.instanceId);
    }
    this.#options.onSeen(this.id, this.#lastSeenAt, false);
    return this.dispatches.unknownOf(running);
  }

  /** The agent has left. */
  leave(connection: Connection): void {
    connection.close();
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#vanish();
  }

  /** Closes its inbox. Unless the same agent may come back, what it was to run is lost. */
  close(reason: InboxClosedReason): void {
    this.#connection?.close(reason);
    this.#connection = undefined;
    this.#vanish();
    if (reason === 'SHUTTING_DOWN') return;
    this.#lose(inboxClosedReasons[reason]);
  }

  /** Waits for it as if it had just vanished. */
  expectBack(withinMs: number): void {
    const why = `The node "${this.nodeId}" is offline and did not come back in time.`;
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => this.#lose(why), withinMs);
  }

  [Symbol.dispose](): void {
    this.close('SHUTTING_DOWN');
    this.#lose(inboxClosedReasons.SHUTTING_DOWN);
  }

  /** What an entry of its inbox stands for now; undefined where the agent need not be told. */
  toCommand(entry: Entry<InboxEntry>, { openedSeq }: Connection): NodeCommandBody | undefined {
    const { type, dispatchId } = entry;
    const dispatch = this.dispatches.find(dispatchId);
    if (type === 'CancelDispatch') {
      // An agent that has missed it is told by `unknownDispatchIds`.
      return dispatch || entry.seq > openedSeq ? { type, dispatchId } : undefined;
    }
    if (dispatch?.state !== 'SENT') return undefined;
    const { tool, args, timeoutMs } = dispatch.request;
    return { type, dispatchId, tool, args, timeoutMs, maxOutputBytes: this.#options.limits.maxOutputBytes };
  }

  #expectHeartbeat(): void {
    this.#isSilent = false;
    clearTimeout(this.#grace);
    this.#grace = undefined;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#isSilent = true;
      this.#vanish();
    }, this.#options.heartbeatMs * missedHeartbeats);
  }

  #vanish(): void {
    clearTimeout(this.#silence);
    this.dispatches.disconnect();
    this.expectBack(this.#options.graceMs);
    this.#options.onChange(this);
    if (this.#lastSeenAt) this.#options.onSeen(this.id, this.#lastSeenAt, true);
  }

  #lose(why: string): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.dispatches.lose(why);
  }

  #send(entry: InboxEntry): void {
    const { log, bus } = this.#options.inbox;
    const key = inboxKey(this.id);
    // What the agent is not told of is not acknowledged, and fails by that.
    log.append(key, entry).then(() => bus.ring(key), this.#options.onError);
  }
}
