import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { tryAgain } from '../../errors.ts';
import { anonymous } from '../../identity/viewer.ts';
import type { BucketSize, TokenBuckets } from '../../limits/token-buckets.ts';
import { clientAddress } from '../request/client-address.ts';
import { type Identify, senderKey } from '../request/identify.ts';
import { refuse } from '../request/refusal.ts';

/** Health checks are not limited: a monitor that gets 429 would restart the gateway because of another client. */
const unlimited = /^\/health(\/|$)/;

/** How many requests one user or node may send. Each request takes a token from the bucket of its sender. */
export interface RequestLimit {
  /** The setting that sets the limit. */
  name: string;
  size: BucketSize;
  buckets: TokenBuckets;
}

export interface LimitRequestsOptions {
  /** For each user, or for each address where the user is not known. Undefined: no limit. */
  ofUsers: RequestLimit | undefined;
  /** For each node. Agents send far more requests than users, because they report output while a tool prints it. */
  ofNodes: RequestLimit | undefined;
  identify: Identify;
}

/** Answers 429 to a client that sends too many requests. `Retry-After` says when it may send the next one. */
export function limitRequests({
  ofUsers,
  ofNodes,
  identify,
}: LimitRequestsOptions): MiddlewareHandler<{ Bindings: HttpBindings }> {
  if (!ofUsers && !ofNodes) return (_c, next) => next();
  return async (c, next) => {
    if (unlimited.test(c.req.path)) return next();
    // The route refuses a bad token later. Here such a request counts for its address.
    const identity = await identify(c.req.raw).catch(() => undefined);
    const limit = identity?.agentNode ? ofNodes : ofUsers;
    const isKnown = identity && identity.viewer !== anonymous;
    const key = isKnown ? senderKey(identity) : clientAddress(c.env.incoming.socket.remoteAddress ?? '');
    const waitMs = (await limit?.buckets.take(key)) ?? 0;
    if (!limit || waitMs === 0) return next();
    const { perMinute, capacity } = limit.size;
    const message = `You may send ${perMinute} requests in a minute, ${capacity} of them at once; try again later.`;
    const retryAfter = Math.ceil(waitMs / 1_000);
    return refuse(c, tryAgain('RATE_LIMITED', message, { limit: limit.name, retryAfter }));
  };
}
