import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedis } from '../../src/bus/redis.ts';
import { createMemoryTokenBuckets } from '../../src/limits/memory-token-buckets.ts';
import { createRedisTokenBuckets } from '../../src/limits/redis-token-buckets.ts';
import type { BucketSize, TokenBuckets } from '../../src/limits/token-buckets.ts';
import { createLog } from '../../src/log.ts';
import { describeWithRedis, redisUrl } from '../support/process/redis.ts';

const log = createLog({ level: 'silent', format: 'json' });
const never: TokenBuckets = { take: () => Promise.reject(new Error('Redis was not asked.')) };

async function openRedisBuckets(size: BucketSize, name: string = randomUUID()) {
  const redis = await openRedis({ url: redisUrl, log });
  onTestFinished(() => redis[Symbol.dispose]());
  return { redis, buckets: createRedisTokenBuckets({ ...size, redis, name, fallback: never }) };
}

function takeMany(buckets: TokenBuckets, key: string, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => buckets.take(key)));
}

/** What every adapter must do. */
function contract(open: (size: BucketSize) => Promise<TokenBuckets>) {
  const aMinute = 60_000;

  test('give as many tokens as a full bucket holds, and then say when there will be one', async () => {
    const buckets = await open({ capacity: 3, perMinute: 1 });
    const answers = await takeMany(buckets, 'alice', 5);
    expect(answers.filter((wait) => wait === 0)).toHaveLength(3);
    for (const wait of answers.filter((wait) => wait > 0)) {
      expect(wait).toBeGreaterThan(aMinute - 5_000);
      expect(wait).toBeLessThanOrEqual(aMinute);
    }
  });

  test('cost nothing where there was no token: asking does not put it off', async () => {
    const buckets = await open({ capacity: 1, perMinute: 1 });
    await takeMany(buckets, 'alice', 100);
    expect(await buckets.take('alice')).toBeLessThanOrEqual(aMinute);
  });

  test('are one for each key', async () => {
    const buckets = await open({ capacity: 1, perMinute: 1 });
    const keys = [
      'alice',
      'bob',
      'user a:b',
      '',
      '__proto__',
      'constructor',
      'a'.repeat(1_000),
      'ü\u{1f600}',
    ];
    expect(await Promise.all(keys.map((key) => buckets.take(key)))).toEqual(keys.map(() => 0));
    expect((await Promise.all(keys.map((key) => buckets.take(key)))).filter((wait) => wait === 0)).toEqual(
      [],
    );
  });

  test('fill evenly, and never give more than came in and was there', async () => {
    const size = { capacity: 10, perMinute: 6_000 };
    const buckets = await open(size);
    const startedAt = performance.now();
    let given = 0;
    await expect
      .poll(
        async () => {
          given += (await takeMany(buckets, 'alice', 20)).filter((wait) => wait === 0).length;
          return given;
        },
        { interval: 5 },
      )
      .toBeGreaterThan(30);
    const cameIn = (performance.now() - startedAt) / 10;
    expect(given).toBeLessThanOrEqual(size.capacity + cameIn + 1);
  });

  test('give a token when it was said that there would be one', async () => {
    const buckets = await open({ capacity: 1, perMinute: 600 });
    await buckets.take('alice');
    const saidAt = performance.now();
    const wait = await buckets.take('alice');
    expect(wait).toBeGreaterThan(0);
    await expect.poll(() => buckets.take('alice'), { interval: 5 }).toBe(0);
    expect(performance.now() - saidAt).toBeGreaterThanOrEqual(wait - 1);
  });
}

describe('token buckets in memory', () => {
  contract(async (size) => createMemoryTokenBuckets(size));
});

describeWithRedis('token buckets in Redis', () => {
  contract(async (size) => (await openRedisBuckets(size)).buckets);

  test('are shared by those who use the same name, however many take at once', async () => {
    const size = { capacity: 50, perMinute: 1 };
    const name = randomUUID();
    const gateways = await Promise.all(Array.from({ length: 4 }, () => openRedisBuckets(size, name)));
    const answers = await Promise.all(gateways.map(({ buckets }) => takeMany(buckets, 'alice', 50)));
    expect(answers.flat().filter((wait) => wait === 0)).toHaveLength(50);
  });

  test.each([
    ['the moment of another clock', String(Date.now() + 86_400_000)],
    ['something that is no number', 'tomorrow'],
    ['no end', 'inf'],
  ])('do not wait for %s that stands in Redis', async (_what, stored) => {
    const name = randomUUID();
    const { redis, buckets } = await openRedisBuckets({ capacity: 3, perMinute: 60 }, name);
    await redis.ask((client) => client.set(`switchyard:${name}:alice`, stored));
    expect(await buckets.take('alice')).toBeLessThanOrEqual(1_000);
  });

  test('are gone from Redis when they are full', async () => {
    const name = randomUUID();
    const { redis, buckets } = await openRedisBuckets({ capacity: 3, perMinute: 60 }, name);
    await takeMany(buckets, 'alice', 3);
    const lifetime = await redis.ask((client) => client.pTTL(`switchyard:${name}:alice`));
    expect(lifetime).toBeGreaterThan(2_000);
    expect(lifetime).toBeLessThanOrEqual(3_001);
  });
});
