import type { ServerResponse } from 'node:http';
import { type EventStream, openEventStream } from '../../sse/event-stream.ts';

/** The one stream of a client in single connection mode. The client reserves it first and opens it later. */
export interface ReservedStream {
  /** The sender that reserved the stream. Other senders may not use it. */
  readonly owner: string;
  /** Resolves when the client opens the stream, with undefined if it was closed before that. */
  readonly opened: Promise<EventStream | undefined>;
  readonly isOpen: boolean;
  /** Whether the client or the gateway has closed it. */
  readonly isClosed: boolean;
  /** Whether the stream ends with its last operation. No further operation may be started then. */
  readonly isRetired: boolean;
  /** The operations that are not complete, by the ids that the client gave them. */
  readonly operations: ReadonlyMap<string, AbortController>;
  open(response: ServerResponse): EventStream;
  /** Runs an operation until it settles, it is stopped, or the stream closes. After that its id is free again. */
  run(id: string, abort: AbortController, operation: () => Promise<void>): void;
  /** Aborts an operation. Ignores an unknown id, because the operation may just have completed. */
  stop(id: string): void;
  /** Ends the stream as soon as no operation runs on it. */
  retire(): void;
  /** Ends the stream, aborts its operations, and resolves when they have ended. */
  close(): Promise<void>;
}

export interface ReservedStreamOptions {
  owner: string;
  heartbeatMs: number;
  /** Called once, when the client or the gateway closes the stream. */
  onClose: () => void;
  /** Called with the error of an operation that rejects. */
  onError: (error: unknown) => void;
}

export function createReservedStream(options: ReservedStreamOptions): ReservedStream {
  const { owner, heartbeatMs, onClose, onError } = options;
  const operations = new Map<string, AbortController>();
  const running = new Set<Promise<void>>();
  let stream: EventStream | undefined;
  let closed = false;
  let retired = false;
  let settleOpened: (stream: EventStream | undefined) => void = () => {};
  const opened = new Promise<EventStream | undefined>((resolve) => {
    settleOpened = resolve;
  });

  const release = () => {
    if (closed) return;
    closed = true;
    for (const abort of operations.values()) abort.abort();
    operations.clear();
    settleOpened(undefined);
    onClose();
  };
  const endIfRetired = () => {
    if (!retired || running.size > 0) return;
    stream?.end();
    release();
  };

  return {
    owner,
    opened,
    operations,
    get isOpen() {
      return stream !== undefined;
    },
    get isClosed() {
      return closed;
    },
    get isRetired() {
      return retired;
    },
    open(response) {
      stream = openEventStream(response, { heartbeatMs });
      stream.closed.addEventListener('abort', release, { once: true });
      if (stream.closed.aborted) release();
      settleOpened(stream);
      return stream;
    },
    run(id, abort, operation) {
      operations.set(id, abort);
      const done = operation()
        .catch(onError)
        .then(() => {
          if (operations.get(id) === abort) operations.delete(id);
          running.delete(done);
          endIfRetired();
        });
      running.add(done);
    },
    stop(id) {
      operations.get(id)?.abort();
      operations.delete(id);
    },
    retire() {
      retired = true;
      endIfRetired();
    },
    async close() {
      stream?.end();
      release();
      await Promise.all(running);
    },
  };
}
