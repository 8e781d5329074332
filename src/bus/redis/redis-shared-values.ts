import type { SharedValues } from '../shared-values.ts';
import type { Redis } from './redis.ts';
import { createScript } from './redis-script.ts';

const deleteIfSame = createScript<number>(
  `return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0`,
);

/** Values that all gateways see. */
export function createRedisSharedValues(redis: Redis): SharedValues {
  const keyOf = (key: string) => `${redis.prefix}:value:${key}`;
  return {
    get isAway() {
      return redis.isAway;
    },
    async set(key, value, ttlMs) {
      await redis.ask((client) => client.set(keyOf(key), value, { PX: ttlMs }));
    },
    async get(keys) {
      if (keys.length === 0) return [];
      const values = await redis.ask((client) => client.mGet(keys.map(keyOf)));
      return keys.map((_, index) => values?.[index] ?? undefined);
    },
    async delete(key, value) {
      await redis.ask((client) => deleteIfSame(client, { keys: [keyOf(key)], arguments: [value] }));
    },
  };
}
