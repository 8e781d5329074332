import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

/** Lets pages of these origins read the responses of the gateway, and answers the preflights of their browsers. */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler<{ Bindings: HttpBindings }> {
  const share = cors({
    origin: [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    // Without `allowHeaders` a page may send any header that it asks for: tracing, client names, cache headers.
    exposeHeaders: [
      'Accept-Ranges',
      'Allow',
      'Content-Disposition',
      'Content-Encoding',
      'Content-Length',
      'Content-Range',
      'Date',
      'ETag',
      'Last-Modified',
      'Location',
      'Retry-After',
      'Vary',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: 600,
  });
  return async (c, next) => {
    if (origins.length === 0) return next();
    const { outgoing } = c.env;
    outgoing.setHeader('Vary', 'Origin');
    if (!origins.includes(c.req.header('origin') ?? '')) return next();
    return share(c, () => {
      // Set the headers on `outgoing` too: a streamed response does not get the headers that Hono holds.
      for (const [name, value] of c.res.headers) outgoing.setHeader(name, value);
      return next();
    });
  };
}
