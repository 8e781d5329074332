import type { IncomingMessage } from 'node:http';
import { refusal } from '../../errors.ts';
import { sendRefusal } from '../request/refusal.ts';
import { factsOf, noteErrors } from '../request/request-facts.ts';
import type { Guard } from './guard.ts';

/** How often a body is checked within `timeoutMs`. */
const checks = 8;
/** Slowest average speed that is accepted after `timeoutMs`. A phone with a bad connection is faster. */
const leastBytesPerMs = 0.5;

/**
 * Answers 408 to a request whose body stops coming or comes too slowly, and closes its connection. Where a request is
 * answered before all of its body has come, the rest of the body is still checked.
 *
 * @param timeoutMs Milliseconds for which the body may stop coming, and after which its speed counts.
 */
export function cutSlowBody(timeoutMs: number): Guard {
  const message = `The body came too slowly, or nothing of it for ${timeoutMs} ms.`;
  return ({ request, incoming, outgoing, path }) => {
    if (incoming.complete || !hasBody(incoming)) return undefined;
    const cutWhenStuck = async () => {
      if (incoming.complete || !(await isStuckBeforeEnd(incoming, timeoutMs))) return;
      if (outgoing.headersSent) return void incoming.destroy();
      // Node.js closes the connection after this response, but does not tell a route that still waits for the body.
      // Without this line the route would wait for ever, and a closing gateway would wait for the route.
      outgoing.once('close', () => incoming.destroy());
      const tooSlow = refusal('REQUEST_TIMEOUT', message, { connection: 'close' });
      noteErrors(factsOf(request), [tooSlow]);
      sendRefusal(outgoing, path, tooSlow);
    };
    // A small body comes in the same turn as its headers. A timer for it would keep the request in memory for seconds.
    setImmediate(cutWhenStuck);
    return undefined;
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Resolves with true when a body is stuck, with false once all of it has come or its connection is gone. Time does not
 * count while received bytes wait for the gateway to read them, because the client cannot help that.
 */
function isStuckBeforeEnd(incoming: IncomingMessage, timeoutMs: number): Promise<boolean> {
  const { socket } = incoming;
  const bytesBefore = socket.bytesRead;
  let bytesRead = bytesBefore;
  let checkedAt = performance.now();
  // Time for which the gateway has waited for the client: since the last byte, and in total.
  let idleMs = 0;
  let waitedMs = 0;
  return new Promise((resolve) => {
    const settle = (isStuck: boolean) => {
      clearInterval(timer);
      resolve(isStuck);
    };
    const timer = setInterval(() => {
      // After a response, Node.js tells a request that was not read to its end nothing about its connection.
      if (incoming.complete || incoming.destroyed || socket.destroyed) return settle(false);
      const passedMs = performance.now() - checkedAt;
      checkedAt += passedMs;
      const isUnread = incoming.readableLength > 0;
      idleMs = isUnread || socket.bytesRead !== bytesRead ? 0 : idleMs + passedMs;
      waitedMs += isUnread ? 0 : passedMs;
      bytesRead = socket.bytesRead;
      const allowedMs = timeoutMs + (bytesRead - bytesBefore) / leastBytesPerMs;
      if (idleMs >= timeoutMs || waitedMs >= allowedMs) settle(true);
    }, timeoutMs / checks);
    // Otherwise the process of a gateway that has closed would not exit before the next check.
    timer.unref();
  });
}
