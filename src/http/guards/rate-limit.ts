import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { anonymous } from '../../identity/viewer.ts';
import type { BucketSize, TokenBuckets } from '../../limits/token-buckets.ts';
import { clientAddress } from '../request/client-address.ts';
import { type Identify, nameOf } from '../request/identify.ts';
import { refusalBody } from '../request/refusal.ts';

/** Pages, their parts and the health of the gateway cost next to nothing, and who watches over it asks often. */
const limited = /^\/(graphql|api)(\/|$)/;

/** How many requests clients of a kind may send: each takes a token. */
export interface RequestLimit {
  /** The setting that says so. */
  name: string;
  size: BucketSize;
  buckets: TokenBuckets;
}

export interface LimitRequestsOptions {
  /** Of a user, or of an address where nobody says who they are. Undefined: as many as they like. */
  ofUsers: RequestLimit | undefined;
  /** Of a node: its agent tells what tools print while they print it. */
  ofNodes: RequestLimit | undefined;
  identify: Identify;
}

/** Answers 429 to a client that sends more requests than it may, with the time at which it may send the next. */
export function limitRequests({
  ofUsers,
  ofNodes,
  identify,
}: LimitRequestsOptions): MiddlewareHandler<{ Bindings: HttpBindings }> {
  if (!ofUsers && !ofNodes) return (_c, next) => next();
  return async (c, next) => {
    const { path } = c.req;
    if (!limited.test(path)) return next();
    // Whoever cannot be known is refused later, and counts by address until then.
    const identity = await identify(c.req.raw).catch(() => undefined);
    const limit = identity?.agentNode ? ofNodes : ofUsers;
    const isKnown = identity && identity.viewer !== anonymous;
    const key = isKnown ? nameOf(identity) : clientAddress(c.env.incoming.socket.remoteAddress ?? '');
    const waitMs = (await limit?.buckets.take(key)) ?? 0;
    if (!limit || waitMs === 0) return next();
    const { perMinute, capacity } = limit.size;
    const message = `You may send ${perMinute} requests in a minute, ${capacity} of them at once; try again later.`;
    const retryAfter = Math.ceil(waitMs / 1_000);
    const body = refusalBody(path, 'RATE_LIMITED', message, { limit: limit.name, retryAfter });
    return c.json(body, 429, { 'Retry-After': String(retryAfter) });
  };
}
