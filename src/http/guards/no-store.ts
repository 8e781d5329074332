import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';

const apiPath = /^\/(graphql|api)(\/|$)/;

/**
 * Keeps responses of the APIs out of every cache, because they hold conversations. Streams and recordings replace the
 * header by their own.
 */
export function forbidCaching(): MiddlewareHandler<{ Bindings: HttpBindings }> {
  return (c, next) => {
    // Set the header on `outgoing`: the responses of Yoga do not get the headers that Hono holds.
    if (apiPath.test(c.req.path)) c.env.outgoing.setHeader('Cache-Control', 'no-store');
    return next();
  };
}
