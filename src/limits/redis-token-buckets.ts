import type { Redis } from '../bus/redis.ts';
import { type BucketSize, type TokenBuckets, tokenMs } from './token-buckets.ts';

/**
 * Uses the clock of Redis, because the clocks of the gateways may differ. `math.min` keeps a bucket usable if that clock
 * is set back.
 */
const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local token, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local fullAt = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
local next = math.max(now, math.min(fullAt, now + capacity * token)) + token
local wait = math.floor(next - now - capacity * token + 0.5)
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.4f', next), 'PX', math.ceil(next - now))
return 0
`;

export interface RedisTokenBucketsOptions extends BucketSize {
  redis: Redis;
  /** Part of the keys: other buckets in the same Redis have another name. */
  name: string;
  /** The buckets that are used while Redis does not reply. */
  fallback: TokenBuckets;
}

/** Token buckets that several gateways share. While Redis is away, each gateway uses its own. */
export function createRedisTokenBuckets(options: RedisTokenBucketsOptions): TokenBuckets {
  const { redis, name, fallback, capacity } = options;
  const size = [String(tokenMs(options)), String(capacity)];
  return {
    async take(key) {
      const script = { keys: [`switchyard:${name}:${key}`], arguments: size };
      const wait = await redis.ask((client) => client.eval(take, script));
      return typeof wait === 'number' ? wait : fallback.take(key);
    },
  };
}
