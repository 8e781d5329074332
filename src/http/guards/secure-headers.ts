import type { HttpBindings } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** What an answer that is no page may do in a browser: nothing. Pages say for themselves what they may. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Gives every answer the headers that keep browsers from guessing, framing and telling. */
export async function createSecureHeaders(): Promise<MiddlewareHandler<{ Bindings: HttpBindings }>> {
  const app = new Hono().use(
    secureHeaders({
      contentSecurityPolicy,
      xFrameOptions: 'DENY',
      // TLS ends before the gateway; who ends it says how long it lasts.
      strictTransportSecurity: false,
    }),
  );
  const { headers } = await app.get('/', (c) => c.body(null)).request('/');
  return (c, next) => {
    // Straight to the response: what streams does not pass through Hono's headers.
    c.env.outgoing.setHeaders(headers);
    return next();
  };
}
