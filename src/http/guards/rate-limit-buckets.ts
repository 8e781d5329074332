import type { Redis } from '../../bus/redis/redis.ts';
import type { RequestLimit } from '../../limits/cost-account.ts';
import { createMemoryTokenBuckets } from '../../limits/memory-token-buckets.ts';
import { createRedisTokenBuckets } from '../../limits/redis-token-buckets.ts';
import type { BucketSize } from '../../limits/token-buckets.ts';

/** A limit without the buckets that count its tokens. */
type RequestLimitSetting = Omit<RequestLimit, 'buckets'>;

/** A limit that is undefined does not apply. */
export interface RequestLimitSettings {
  ofUsers: RequestLimitSetting | undefined;
  ofNodes: RequestLimitSetting | undefined;
}

/** Gives each limit its buckets. With Redis, all gateways that use it share the buckets. */
export function createRequestLimits({ ofUsers, ofNodes }: RequestLimitSettings, redis: Redis | undefined) {
  const withBuckets = (limit: RequestLimitSetting | undefined): RequestLimit | undefined =>
    limit && { ...limit, buckets: bucketsOf(limit.name, limit.size, redis) };
  return { ofUsers: withBuckets(ofUsers), ofNodes: withBuckets(ofNodes) };
}

function bucketsOf(name: string, size: BucketSize, redis: Redis | undefined) {
  const own = createMemoryTokenBuckets(size);
  return redis ? createRedisTokenBuckets({ ...size, redis, name, fallback: own }) : own;
}
