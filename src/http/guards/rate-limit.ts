import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { tryAgain } from '../../errors.ts';
import { anonymous } from '../../identity/viewer.ts';
import type { BucketSize, TokenBuckets } from '../../limits/token-buckets.ts';
import { clientAddress } from '../request/client-address.ts';
import { type Identify, nameOf } from '../request/identify.ts';
import { refuse } from '../request/refusal.ts';

/** Pages and health checks are not limited: they cost little, and a monitor asks for the health often. */
const limited = /^\/(graphql|api)(\/|$)/;

/** How many requests one user or node may send: each request takes a token from a bucket. */
export interface RequestLimit {
  /** The setting that sets it. */
  name: string;
  size: BucketSize;
  buckets: TokenBuckets;
}

export interface LimitRequestsOptions {
  /** For each user, or for each address where users are not known. Undefined: no limit. */
  ofUsers: RequestLimit | undefined;
  /** For each node. Agents send far more requests than users: they report what tools print while it is printed. */
  ofNodes: RequestLimit | undefined;
  identify: Identify;
}

/** Answers 429 to a client that sends too many requests, with the seconds until it may send the next one. */
export function limitRequests({
  ofUsers,
  ofNodes,
  identify,
}: LimitRequestsOptions): MiddlewareHandler<{ Bindings: HttpBindings }> {
  if (!ofUsers && !ofNodes) return (_c, next) => next();
  return async (c, next) => {
    if (!limited.test(c.req.path)) return next();
    // A sender with a bad token is refused later, by the route; the requests count by address until then.
    const identity = await identify(c.req.raw).catch(() => undefined);
    const limit = identity?.agentNode ? ofNodes : ofUsers;
    const isKnown = identity && identity.viewer !== anonymous;
    const key = isKnown ? nameOf(identity) : clientAddress(c.env.incoming.socket.remoteAddress ?? '');
    const waitMs = (await limit?.buckets.take(key)) ?? 0;
    if (!limit || waitMs === 0) return next();
    const { perMinute, capacity } = limit.size;
    const message = `You may send ${perMinute} requests in a minute, ${capacity} of them at once; try again later.`;
    const retryAfter = Math.ceil(waitMs / 1_000);
    return refuse(c, tryAgain('RATE_LIMITED', message, { limit: limit.name, retryAfter }));
  };
}
