import type { IncomingMessage } from 'node:http';

/** Reads no more of a body. The connection cannot carry another request then. */
export function halt(incoming: IncomingMessage): void {
  incoming.unpipe();
  incoming.pause();
}
