import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { refusalBody } from './refusal-body.ts';

/** How often within its time a body is looked at. */
const looks = 8;

/** Answers 408 to a request of whose body nothing comes for `timeoutMs`, and closes its connection. */
export function cutSlowBody(timeoutMs: number): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return async (c, next) => {
    const { incoming, outgoing } = c.env;
    if (incoming.complete || !hasBody(incoming)) return next();
    const answered = new AbortController();
    const answer = next().finally(() => answered.abort());
    if (!(await untilStuck(incoming, timeoutMs, answered.signal))) return answer;
    // It will fail once the connection is closed, and the client has been told by then.
    answer.catch(() => {});
    if (outgoing.headersSent) {
      incoming.destroy();
      return answer;
    }
    const message = `Nothing came of the body for ${timeoutMs} ms.`;
    return c.json(refusalBody(c.req.path, 'REQUEST_TIMEOUT', message), 408, { connection: 'close' });
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Resolves with true when nothing has come for `timeoutMs`, with false once there is no need to look any more.
 * Bytes that came and wait for us to read them are not the client's fault.
 */
function untilStuck(incoming: IncomingMessage, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { socket } = incoming;
  let { bytesRead } = socket;
  let idleSince = performance.now();
  return new Promise((resolve) => {
    const settle = (isStuck: boolean) => {
      clearInterval(look);
      resolve(isStuck);
    };
    const look = setInterval(() => {
      const now = performance.now();
      if (incoming.complete || incoming.destroyed) {
        settle(false);
      } else if (socket.bytesRead !== bytesRead || incoming.readableLength > 0) {
        bytesRead = socket.bytesRead;
        idleSince = now;
      } else if (now - idleSince >= timeoutMs) {
        settle(true);
      }
    }, timeoutMs / looks);
    signal.addEventListener('abort', () => settle(false), { once: true });
  });
}
