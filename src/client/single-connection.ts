import { unreachable } from './errors.ts';
import { SharedStream } from './shared-stream.ts';
import type { Transport, TransportOptions } from './transport.ts';

export interface SingleConnection {
  subscribe: Transport;
  /** Closes the connection: its subscriptions fail with a passing error. The next one opens a new connection. */
  disconnect(): void;
}

/**
 * Carries all subscriptions over one connection, graphql-sse's single connection mode: browsers open only six
 * connections to a host over HTTP/1.1. It is open while there are subscriptions. A loop that is slower than its
 * subscription must not delay the others, so its results wait in memory.
 */
export function createSingleConnection(options: TransportOptions): SingleConnection {
  let stream: SharedStream | undefined;
  return {
    async *subscribe(operation, subscription) {
      subscription.signal.throwIfAborted();
      stream ??= new SharedStream(options, () => {
        stream = undefined;
      });
      yield* stream.run(operation, subscription);
    },
    disconnect() {
      stream?.close(unreachable(new Error('The connection was closed.')));
    },
  };
}
