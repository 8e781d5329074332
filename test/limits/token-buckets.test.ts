import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedis } from '../../src/bus/redis/redis.ts';
import { createMemoryTokenBuckets } from '../../src/limits/memory-token-buckets.ts';
import { createRedisTokenBuckets } from '../../src/limits/redis-token-buckets.ts';
import type { BucketSize, TokenBuckets } from '../../src/limits/token-buckets.ts';
import { createLog } from '../../src/log.ts';
import { describeWithRedis, redisUrl } from '../support/process/redis.ts';

const log = createLog({ level: 'silent', format: 'json' });
const unused = () => Promise.reject(new Error('Redis was not used.'));
const never: TokenBuckets = { take: unused, settle: unused };

async function openRedisBuckets(size: BucketSize, name: string = randomUUID()) {
  const redis = await openRedis({ url: redisUrl, prefix: 'switchyard', log });
  onTestFinished(() => redis[Symbol.dispose]());
  return { redis, buckets: createRedisTokenBuckets({ ...size, redis, name, fallback: never }) };
}

function takeMany(buckets: TokenBuckets, key: string, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => buckets.take(key)));
}

/** The tests that every adapter must pass. */
function contract(where: string, open: (size: BucketSize) => Promise<TokenBuckets>) {
  const aMinute = 60_000;

  test(`a bucket ${where} gives its capacity of tokens, and then the time until the next token`, async () => {
    const buckets = await open({ capacity: 3, perMinute: 1 });
    const answers = await takeMany(buckets, 'alice', 5);
    expect(answers.filter((wait) => wait === 0)).toHaveLength(3);
    for (const wait of answers.filter((wait) => wait > 0)) {
      expect(wait).toBeGreaterThan(aMinute - 5_000);
      expect(wait).toBeLessThanOrEqual(aMinute);
    }
  });

  test(`a refused request ${where} does not delay the next token`, async () => {
    const buckets = await open({ capacity: 1, perMinute: 1 });
    await takeMany(buckets, 'alice', 100);
    expect(await buckets.take('alice')).toBeLessThanOrEqual(aMinute);
  });

  test(`each key ${where} has its own bucket`, async () => {
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

  test(`a bucket ${where} fills evenly and never gives more tokens than it had and got`, async () => {
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
    const added = (performance.now() - startedAt) / 10;
    expect(given).toBeLessThanOrEqual(size.capacity + added + 1);
  });

  test(`a bucket ${where} gives several tokens at once, or none and the time until it has them`, async () => {
    const buckets = await open({ capacity: 10, perMinute: 60 });
    expect(await buckets.take('alice', 8)).toBe(0);
    const wait = await buckets.take('alice', 4);
    expect(wait).toBeGreaterThan(1_000);
    expect(wait).toBeLessThanOrEqual(2_000);
    expect(await buckets.take('alice', 2)).toBe(0);
  });

  test(`a bucket ${where} takes what was used already, says how long it owes it, and takes tokens back`, async () => {
    const buckets = await open({ capacity: 5, perMinute: 60 });
    expect(await buckets.settle('alice', 5)).toBe(0);
    const owes = await buckets.settle('alice', 3);
    expect(owes).toBeGreaterThan(2_000);
    expect(owes).toBeLessThanOrEqual(3_000);
    await buckets.settle('alice', -100);
    expect((await takeMany(buckets, 'alice', 6)).filter((wait) => wait === 0)).toHaveLength(5);
  });

  test(`a bucket ${where} never owes more than half a minute`, async () => {
    const buckets = await open({ capacity: 5, perMinute: 60 });
    expect(await buckets.settle('alice', 1_000_000)).toBeLessThanOrEqual(30_000);
    expect(await buckets.take('alice')).toBeLessThanOrEqual(31_000);
  });

  test(`a bucket ${where} gives a token after the time that it returned`, async () => {
    const buckets = await open({ capacity: 1, perMinute: 600 });
    await buckets.take('alice');
    const askedAt = performance.now();
    const wait = await buckets.take('alice');
    expect(wait).toBeGreaterThan(0);
    await expect.poll(() => buckets.take('alice'), { interval: 5 }).toBe(0);
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(wait - 1);
  });
}

describe('token buckets in memory', () => {
  contract('in memory', async (size) => createMemoryTokenBuckets(size));
});

describeWithRedis('token buckets in Redis', () => {
  contract('in Redis', async (size) => (await openRedisBuckets(size)).buckets);

  test('buckets in Redis with the same name are shared by gateways that take at the same time', async () => {
    const size = { capacity: 50, perMinute: 1 };
    const name = randomUUID();
    const gateways = await Promise.all(Array.from({ length: 4 }, () => openRedisBuckets(size, name)));
    const answers = await Promise.all(gateways.map(({ buckets }) => takeMany(buckets, 'alice', 50)));
    expect(answers.flat().filter((wait) => wait === 0)).toHaveLength(50);
  });

  test.each([
    ['a time of another clock', String(Date.now() + 86_400_000)],
    ['a text that is not a number', 'tomorrow'],
    ['infinity', 'inf'],
  ])('a bucket in Redis with %s as its value gives a token within half a minute', async (_what, stored) => {
    const name = randomUUID();
    const { redis, buckets } = await openRedisBuckets({ capacity: 3, perMinute: 60 }, name);
    await redis.ask((client) => client.set(`switchyard:${name}:alice`, stored));
    expect(await buckets.take('alice')).toBeLessThanOrEqual(31_000);
  });

  test('a bucket expires in Redis when it is full', async () => {
    const name = randomUUID();
    const { redis, buckets } = await openRedisBuckets({ capacity: 3, perMinute: 60 }, name);
    await takeMany(buckets, 'alice', 3);
    const lifetime = await redis.ask((client) => client.pTTL(`switchyard:${name}:alice`));
    expect(lifetime).toBeGreaterThan(2_000);
    expect(lifetime).toBeLessThanOrEqual(3_001);
  });
});
