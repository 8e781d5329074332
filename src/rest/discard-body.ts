import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const longestMs = 1_000;

/**
 * Reads a body away that is too large, for a while: a client that still sends when its connection is closed is told
 * of the connection, and not of the answer.
 */
export async function discardBody(incoming: IncomingMessage): Promise<void> {
  // One without a length is being read already.
  if (incoming.headers['content-length'] === undefined || incoming.complete) return;
  incoming.resume();
  const isRead = once(incoming, 'end').catch(() => {});
  await Promise.race([isRead, delay(longestMs, undefined, { ref: false })]);
}
