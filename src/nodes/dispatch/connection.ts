import type { InboxClosedReason } from './node-command.ts';

/** One open inbox of a node. */
export class Connection {
  /** Identifies the agent process; random. */
  readonly instanceId: string;
  /** Whether the agent says, when it is asked, if it would refuse a call. */
  readonly checksCalls: boolean;
  /** The inbox is read after this `seq`. */
  readonly after: number;
  /** The `seq` of the inbox's newest entry at the moment this connection was opened. */
  readonly openedSeq: number;
  /** Why the gateway closed it; undefined if the agent left. */
  closedReason: InboxClosedReason | undefined;
  readonly #closing = new AbortController();

  constructor(init: { instanceId: string; checksCalls: boolean; after: number; openedSeq: number }) {
    this.instanceId = init.instanceId;
    this.checksCalls = init.checksCalls;
    this.after = init.after;
    this.openedSeq = init.openedSeq;
  }

  /** Aborts when the gateway or the agent closes the connection. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @param reason Undefined if the agent left. */
  close(reason?: InboxClosedReason): void {
    this.closedReason ??= reason;
    this.#closing.abort();
  }
}
