import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { refusal } from '../../errors.ts';
import { refuse } from '../request/refusal.ts';

/** How often a body is checked within `timeoutMs`. */
const looks = 8;
/** After `timeoutMs` a body must have come at least this fast on average. A phone in a tunnel manages it, a trickle does not. */
const leastBytesPerMs = 0.5;

/**
 * Answers 408 to a request whose body stops coming or comes too slowly, and closes its connection. Where a request is
 * answered before its body has come, the rest of the body is still watched.
 *
 * @param timeoutMs How long no byte may come, and how long the speed is not looked at.
 */
export function cutSlowBody(timeoutMs: number): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return async (c, next) => {
    const { incoming, outgoing } = c.env;
    if (incoming.complete || !hasBody(incoming)) return next();
    const stuck = untilStuck(incoming, timeoutMs);
    const answer = next();
    const answered = answer.then(
      () => false,
      () => false,
    );
    if (!(await Promise.race([answered, stuck]))) {
      void stuck.then((isStuck) => isStuck && incoming.destroy());
      return answer;
    }
    // The route fails when the connection closes. By then the client has its 408, so this error is of no use.
    answer.catch(() => {});
    if (outgoing.headersSent) {
      incoming.destroy();
      return answer;
    }
    // Node.js closes the connection after this response, but does not tell a route that still waits for the body. Without
    // this line the route would wait for ever, and a closing gateway for the route.
    outgoing.once('close', () => incoming.destroy());
    const message = `The body came too slowly, or nothing of it for ${timeoutMs} ms.`;
    return refuse(c, refusal('REQUEST_TIMEOUT', message, { connection: 'close' }));
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Resolves with true when a body is stuck, with false once all of it has come or its connection is gone. While received
 * bytes wait for the gateway to read them, the client is not to blame and no time is counted.
 */
function untilStuck(incoming: IncomingMessage, timeoutMs: number): Promise<boolean> {
  const { socket } = incoming;
  const bytesBefore = socket.bytesRead;
  let bytesRead = bytesBefore;
  let lookedAt = performance.now();
  // How long the gateway has waited for the client: since its last byte, and in all.
  let idleMs = 0;
  let waitedMs = 0;
  return new Promise((resolve) => {
    const settle = (isStuck: boolean) => {
      clearInterval(look);
      resolve(isStuck);
    };
    const look = setInterval(() => {
      if (incoming.complete || incoming.destroyed) return settle(false);
      const passedMs = performance.now() - lookedAt;
      lookedAt += passedMs;
      const isOurs = incoming.readableLength > 0;
      idleMs = isOurs || socket.bytesRead !== bytesRead ? 0 : idleMs + passedMs;
      waitedMs += isOurs ? 0 : passedMs;
      bytesRead = socket.bytesRead;
      const allowedMs = timeoutMs + (bytesRead - bytesBefore) / leastBytesPerMs;
      if (idleMs >= timeoutMs || waitedMs >= allowedMs) settle(true);
    }, timeoutMs / looks);
  });
}
