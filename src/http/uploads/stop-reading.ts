import type { IncomingMessage } from 'node:http';

/** Leaves the rest of a body unread. After that the connection cannot carry another request. */
export function stopReading(incoming: IncomingMessage): void {
  incoming.unpipe();
  incoming.pause();
}
