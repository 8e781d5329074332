import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Guard } from './guard.ts';

/** Lets a browser do nothing with a response. Each page overrides this policy with its own. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Gives every response the headers that keep browsers from guessing its type, framing it and sending a referrer. */
export async function createSecureHeaders(): Promise<Guard> {
  const app = new Hono().use(
    secureHeaders({
      contentSecurityPolicy,
      xFrameOptions: 'DENY',
      // A proxy before the gateway ends TLS, so the proxy sets this header.
      strictTransportSecurity: false,
    }),
  );
  const { headers } = await app.get('/', (c) => c.body(null)).request('/');
  const constant = [...headers];
  return ({ outgoing }) => {
    for (const [name, value] of constant) outgoing.setHeader(name, value);
    return undefined;
  };
}
