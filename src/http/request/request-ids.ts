import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { type RequestIdVariables, requestId } from 'hono/request-id';

/**
 * The ids of HTTP requests, for the log: the header `X-Request-Id` of the client, or else a random id. The `requestId`
 * of a prompt is something else, an idempotency key.
 */
export interface RequestIds {
  /** Gives every request an id and sends it to the client as `X-Request-Id`. */
  readonly middleware: MiddlewareHandler<{ Bindings: HttpBindings; Variables: RequestIdVariables }>;
  /** Undefined for a request that did not come over HTTP. */
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
        // Set the header on `outgoing`: streams and the responses of Yoga do not get the headers that Hono holds.
        c.env.outgoing.setHeader('X-Request-Id', id);
        await next();
      }),
    of: (request) => ids.get(request),
  };
}
