import type { HttpBindings } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** Lets a browser do nothing with a response. Each page overrides this policy with its own. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Gives every response the headers that keep browsers from guessing its type, framing it and sending a referrer. */
export async function createSecureHeaders(): Promise<MiddlewareHandler<{ Bindings: HttpBindings }>> {
  const app = new Hono().use(
    secureHeaders({
      contentSecurityPolicy,
      xFrameOptions: 'DENY',
      // A proxy before the gateway ends TLS, so the proxy sets this header.
      strictTransportSecurity: false,
    }),
  );
  const { headers } = await app.get('/', (c) => c.body(null)).request('/');
  return (c, next) => {
    // Set the headers on `outgoing`: a streamed response does not get the headers that Hono holds.
    c.env.outgoing.setHeaders(headers);
    return next();
  };
}
