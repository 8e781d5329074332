import type { Entry } from '../append-log.ts';
import { createMemoryLog } from '../memory/memory-log.ts';
import type { OwnedLog } from '../owned-log.ts';
import type { Redis } from './redis.ts';
import { createLogReader } from './redis-log-reader.ts';
import { createLogShipper } from './redis-log-shipper.ts';

export interface RedisLogOptions {
  redis: Redis;
  gatewayId: string;
  /** Batches that are kept of a log, at least. A batch has the entries of a few milliseconds. Default: 10,000. */
  maxBatches?: number;
}

/** Disposing ships what is left, once. */
export interface RedisLog<Body extends object> extends OwnedLog<Body>, AsyncDisposable {}

/**
 * Logs that the gateway which writes them keeps in its memory, and ships to Redis for the others. Appending and reading
 * there never waits for Redis: while it is away, other gateways get nothing new, and then everything.
 */
export function createRedisLog<Body extends object>(options: RedisLogOptions): RedisLog<Body> {
  const own = createMemoryLog<Body>({ onExpired: (key) => shipper.forget(key) });
  const shipper = createLogShipper<Entry<Body>>({
    ...options,
    maxBatches: options.maxBatches ?? 10_000,
    read: (key, after, limit) => (own.read(key, after, limit) as readonly Entry<Body>[] | null) ?? [],
  });
  const shipped = createLogReader<Entry<Body>>(options);
  return {
    append(key, body) {
      if (!own.isOpen(key)) throw new Error(`The log ${key} is not open.`);
      const entry = own.append(key, body) as Entry<Body>;
      shipper.add(key);
      return entry;
    },
    read: (key, after, limit) =>
      own.isOpen(key) ? own.read(key, after, limit) : shipped.read(key, after, limit),
    lastSeq: async (key) => (own.isOpen(key) ? own.lastSeq(key) : shipped.lastSeq(key)),
    async expire(key, ttlMs) {
      if (!own.isOpen(key)) return;
      await own.expire(key, ttlMs);
      shipper.expire(key, ttlMs);
    },
    open(key, { fence, lastSeq, onFenced }) {
      own.open(key, { fence, lastSeq });
      shipper.open(key, {
        ...{ fence, base: lastSeq },
        onFenced: () => {
          own.abandon(key);
          onFenced?.();
        },
      });
    },
    isOpen: (key) => own.isOpen(key),
    abandon(key) {
      own.abandon(key);
      shipper.forget(key);
    },
    begin: (key, body) => shipper.begin(key, { ...body, seq: 1, at: Date.now() }),
    async [Symbol.asyncDispose]() {
      await shipper[Symbol.asyncDispose]();
      own[Symbol.dispose]();
    },
  };
}
