import type { Redis } from '../../bus/redis.ts';
import { createMemoryTokenBuckets } from '../../limits/memory-token-buckets.ts';
import { createRedisTokenBuckets } from '../../limits/redis-token-buckets.ts';
import type { BucketSize } from '../../limits/token-buckets.ts';
import type { RequestLimit } from './rate-limit.ts';

/** A limit whose tokens are not counted yet. */
type RequestLimitSetting = Omit<RequestLimit, 'buckets'>;

/** Undefined: no limit. */
export interface RequestLimitSettings {
  ofUsers: RequestLimitSetting | undefined;
  ofNodes: RequestLimitSetting | undefined;
}

/** The buckets that requests take from: with Redis those that all its gateways share. */
export function createRequestLimits({ ofUsers, ofNodes }: RequestLimitSettings, redis: Redis | undefined) {
  const withBuckets = (limit: RequestLimitSetting | undefined): RequestLimit | undefined =>
    limit && { ...limit, buckets: bucketsOf(limit.name, limit.size, redis) };
  return { ofUsers: withBuckets(ofUsers), ofNodes: withBuckets(ofNodes) };
}

function bucketsOf(name: string, size: BucketSize, redis: Redis | undefined) {
  const own = createMemoryTokenBuckets(size);
  return redis ? createRedisTokenBuckets({ ...size, redis, name, meanwhile: own }) : own;
}
