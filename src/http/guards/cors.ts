import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { Arrival, Guard, Verdict } from './guard.ts';

/** Lets pages of these origins read the responses of the gateway, and answers the preflights of their browsers. */
export function allowOrigins(origins: readonly string[]): Guard {
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
      'X-Session-Id',
      'X-Request-Id',
    ],
    maxAge: 600,
  });
  const app = new Hono().use(share).all('*', (c) => c.body(null));
  return (arrival) => {
    if (origins.length === 0) return undefined;
    arrival.outgoing.setHeader('Vary', 'Origin');
    if (!origins.includes(arrival.incoming.headers.origin ?? '')) return undefined;
    return shareResponse(app, arrival);
  };
}

/** Sets the headers that let the page read the response. They are the whole response to a preflight. */
async function shareResponse(app: Hono, { request, outgoing }: Arrival): Promise<Verdict> {
  const { method, headers } = request;
  const { status, headers: allowing } = await app.request('/', { method, headers });
  for (const [name, value] of allowing) outgoing.setHeader(name, value);
  if (method !== 'OPTIONS') return undefined;
  outgoing.writeHead(status).end();
  return 'answered';
}
