import type { Redis } from '../bus/redis/redis.ts';
import { type BucketSize, maxDebtMs, type TokenBuckets, tokenMs } from './token-buckets.ts';

/**
 * Takes ARGV[3] tokens. If ARGV[4] is "take" and the bucket has too few, takes none and returns the milliseconds until it
 * has enough. Otherwise returns the milliseconds until it owes nothing.
 *
 * Uses the clock of Redis, because the clocks of the gateways may differ. `math.min` keeps a bucket usable if that clock
 * is set back.
 */
const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local token, tokens = tonumber(ARGV[1]), tonumber(ARGV[3])
local emptyAt = now + tonumber(ARGV[2]) * token
local latest = emptyAt + tonumber(ARGV[5])
local fullAt = math.max(now, math.min(tonumber(redis.call('GET', KEYS[1]) or 0) or 0, latest))
local next = fullAt + tokens * token
local wait = math.floor(next - emptyAt + 0.5)
if ARGV[4] == 'take' and wait > 0 then return wait end
next = math.min(next, latest)
if next <= now then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], string.format('%.4f', next), 'PX', math.ceil(next - now))
return math.max(0, math.min(wait, tonumber(ARGV[5])))
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
  const run = async (key: string, tokens: number, mode: 'take' | 'settle') => {
    const sizes = [tokenMs(options), capacity, tokens, mode, maxDebtMs].map(String);
    const script = { keys: [`${redis.prefix}:${name}:${key}`], arguments: sizes };
    const wait = await redis.ask((client) => client.eval(take, script));
    return typeof wait === 'number' ? wait : undefined;
  };
  return {
    async take(key, tokens = 1) {
      return (await run(key, tokens, 'take')) ?? fallback.take(key, tokens);
    },
    async settle(key, tokens) {
      return (await run(key, tokens, 'settle')) ?? fallback.settle(key, tokens);
    },
  };
}
