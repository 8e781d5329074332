import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { refusalBody } from '../request/refusal.ts';

/** How often within its time a body is looked at. */
const looks = 8;
/** Once its time is over a body must have come this fast on the whole: a phone in a tunnel does, a trickle does not. */
const leastBytesPerMs = 0.5;

/**
 * Answers 408 to a request whose body stops coming or comes by the drop, and closes its connection. One that was
 * answered before its body was there is watched to the end.
 *
 * @param timeoutMs How long nothing may come, and a drop may be enough.
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
    // It will fail once the connection is closed, and the client has been told by then.
    answer.catch(() => {});
    if (outgoing.headersSent) {
      incoming.destroy();
      return answer;
    }
    const message = `The body came too slowly, or nothing of it for ${timeoutMs} ms.`;
    return c.json(refusalBody(c.req.path, 'REQUEST_TIMEOUT', message), 408, { connection: 'close' });
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Resolves with true when a body is stuck, with false once it is there or its connection is gone. Bytes that came
 * and wait for us to read them are not the client's fault.
 */
function untilStuck(incoming: IncomingMessage, timeoutMs: number): Promise<boolean> {
  const { socket } = incoming;
  const bytesBefore = socket.bytesRead;
  let bytesRead = bytesBefore;
  let lookedAt = performance.now();
  /** How long the client was waited for: since it last sent something, and in all. */
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
