import type { InboxClosedReason } from './node-command.ts';

/** One open inbox of a node. */
export class Connection {
  /** A random id of the agent process. */
  readonly instanceId: string;
  /** The cursor it begins behind. */
  readonly after: number;
  /** The seq of the newest entry when it was opened. */
  readonly openedSeq: number;
  /** Why the gateway closed it; undefined where the agent left. */
  closedReason: InboxClosedReason | undefined;
  readonly #closing = new AbortController();

  constructor(init: { instanceId: string; after: number; openedSeq: number }) {
    this.instanceId = init.instanceId;
    this.after = init.after;
    this.openedSeq = init.openedSeq;
  }

  /** Aborts when it is closed, by whomever. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @param reason Undefined where the agent left. */
  close(reason?: InboxClosedReason): void {
    this.closedReason ??= reason;
    this.#closing.abort();
  }
}
