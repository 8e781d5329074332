import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { type RequestIdVariables, requestId } from 'hono/request-id';

/**
 * The ids of HTTP requests, for the log: `X-Request-Id` where the client sent one, else made up. Not to be
 * confused with the `requestId` of a prompt, which is an idempotency key.
 */
export interface RequestIds {
  /** Gives every request its id and sends it back. */
  readonly middleware: MiddlewareHandler<{ Bindings: HttpBindings; Variables: RequestIdVariables }>;
  /** Undefined for what did not come over HTTP. */
  of(request: Request): string | undefined;
}

export function createRequestIds(): RequestIds {
  const ids = new WeakMap<Request, string>();
  const giveId = requestId();
  return {
    middleware: (c, next) =>
      giveId(c, async () => {
        const id = c.get('requestId');
        ids.set(c.req.raw, id);
        // Straight to the response: what streams, and what Yoga answers, does not pass through Hono's headers.
        c.env.outgoing.setHeader('X-Request-Id', id);
        await next();
      }),
    of: (request) => ids.get(request),
  };
}
