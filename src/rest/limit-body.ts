import { setTimeout as delay } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { RestError } from './errors/rest-error.ts';
import type { RestEnv } from './route/route.ts';

/** How long the rest of a body that is too large is read, in milliseconds. */
const discardMs = 1_000;

/** Refuses a request with 413 when its body has more bytes than `maxBytes`. */
export function limitBody(maxBytes: number): MiddlewareHandler<RestEnv> {
  return bodyLimit({
    maxSize: maxBytes,
    onError: async (c) => {
      await discard(c.req.raw.body);
      throw new RestError(413, `The body is larger than ${maxBytes} bytes`);
    },
  });
}

/**
 * Reads the rest of the body for a while. If the gateway closed the connection while the client still sends, the
 * client would report a broken connection instead of the 413.
 */
async function discard(body: ReadableStream | null): Promise<void> {
  // `bodyLimit` keeps the reader of a body without a Content-Length.
  if (body === null || body.locked) return;
  const isRead = body.pipeTo(new WritableStream()).catch(() => {});
  await Promise.race([isRead, delay(discardMs, undefined, { ref: false })]);
}
