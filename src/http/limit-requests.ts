import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { anonymous } from '../identity/viewer.ts';
import { type Identify, nameOf } from './identify.ts';
import { refusalBody } from './refusal-body.ts';

/** Pages, their parts and the health of the gateway cost next to nothing, and who watches over it asks often. */
const limited = /^\/(graphql|api)(\/|$)/;

/**
 * Answers 429 to a client that has sent more requests than it may, until its minute is over. A client is a user
 * or a node; where nobody says who they are, an address.
 *
 * @param maxPerMinute 0: no limit.
 */
export function limitRequests(
  maxPerMinute: number,
  identify: Identify,
): MiddlewareHandler<{ Bindings: HttpBindings }> {
  if (maxPerMinute === 0) return (_c, next) => next();
  const limiter = new RateLimiterMemory({ points: maxPerMinute, duration: 60 });
  return async (c, next) => {
    const { path } = c.req;
    if (!limited.test(path)) return next();
    try {
      await limiter.consume(
        (await knownAs(c.req.raw, identify)) ?? c.env.incoming.socket.remoteAddress ?? '',
      );
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const message = `A client may send ${maxPerMinute} requests in a minute; try again later.`;
      const headers = { 'Retry-After': String(Math.max(1, Math.ceil(error.msBeforeNext / 1_000))) };
      return c.json(refusalBody(path, 'RATE_LIMITED', message), 429, headers);
    }
    return next();
  };
}

async function knownAs(request: Request, identify: Identify): Promise<string | undefined> {
  // Whoever cannot be known is refused later, and counts by address until then.
  const identity = await identify(request).catch(() => undefined);
  return identity === undefined || identity.viewer === anonymous ? undefined : nameOf(identity);
}
