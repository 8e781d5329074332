import type { IncomingMessage } from 'node:http';

/** Leaves the rest of a body unread. The connection cannot carry another request after that. */
export function stopReading(incoming: IncomingMessage): void {
  incoming.unpipe();
  incoming.pause();
}
