import { afterAll, beforeAll, expect, test } from 'vitest';
import { hangBell } from '../../src/bus/bell.ts';
import { newPrefix, openRedisBus } from '../support/process/joined-buses.ts';
import { describeWithRedis } from '../support/process/redis.ts';
import { type RedisServer, startRedisServer } from '../support/process/redis-server.ts';

interface Body {
  text: string;
}

/** As many entries as the test reads at most. */
const all = 100_000;

describeWithRedis('gateways that share Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function openTwo() {
    const prefix = newPrefix();
    const [one, other] = [await openRedisBus(server.url, prefix), await openRedisBus(server.url, prefix)];
    return {
      ...{ one, other, written: one.createLogs<Body>(), read: other.createLogs<Body>() },
      async [Symbol.asyncDispose]() {
        await one[Symbol.asyncDispose]();
        await other[Symbol.asyncDispose]();
      },
    };
  }
  type Two = Awaited<ReturnType<typeof openTwo>>;

  async function seqsOf({ read }: Two, key = 'a', after = 0) {
    return (await read.log.read(key, after, all))?.map(({ seq }) => seq) ?? null;
  }
  function write({ written }: Two, count: number, key = 'a') {
    for (let n = 0; n < count; n += 1) {
      written.log.append(key, { text: 'x'.repeat(10) });
      written.bus.ring(key);
    }
  }
  const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

  test('what one writes, the other reads without a hole, and is rung', async () => {
    await using two = await openTwo();
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    const { signal } = new AbortController();
    using bell = hangBell({ bus: two.read.bus, topic: 'a', signal, longestWaitMs: 60_000 });
    write(two, 3_000);
    for (let cursor = 0; cursor < 3_000; ) {
      const seqs = (await seqsOf(two, 'a', cursor)) ?? [];
      expect(seqs).toEqual(upTo(cursor + seqs.length, cursor + 1));
      cursor += seqs.length;
      if (seqs.length === 0) await bell.wait();
    }
    expect(await two.read.log.read('a', 10, 5)).toHaveLength(5);
    expect(await two.read.log.lastSeq('a')).toBe(3_000);
  });

  test('when Redis is emptied, everything is shipped again with the next entry', async () => {
    await using two = await openTwo();
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    write(two, 1_200);
    await expect.poll(async () => (await seqsOf(two))?.length).toBe(1_200);
    await server.command('FLUSHALL');
    expect(await seqsOf(two)).toBeNull();
    write(two, 1);
    await expect.poll(() => seqsOf(two)).toEqual(upTo(1_201));
  });

  test('while Redis is stopped the owner goes on, and the other gets everything when it is back', async () => {
    await using two = await openTwo();
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    write(two, 5);
    await expect.poll(() => seqsOf(two)).toEqual(upTo(5));
    await server.stop();
    write(two, 700);
    expect(await two.written.log.lastSeq('a')).toBe(705);
    expect(await seqsOf(two)).toBeNull();
    await server.start();
    await expect.poll(() => seqsOf(two)).toEqual(upTo(705));
    // The subscriptions are made again, too.
    let rings = 0;
    using _ = two.other.bus.listen('b', () => {
      rings += 1;
    });
    await expect
      .poll(() => {
        two.one.bus.ring('b');
        return rings;
      })
      .toBeGreaterThan(0);
  });

  test('a frozen Redis holds nobody up, and repeats of what it took late are dropped', async () => {
    await using two = await openTwo();
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    write(two, 5);
    await expect.poll(() => seqsOf(two)).toEqual(upTo(5));
    server.freeze();
    write(two, 50);
    const before = performance.now();
    expect(await seqsOf(two)).toBeNull();
    expect(performance.now() - before).toBeLessThan(5_000);
    server.thaw();
    await expect.poll(() => seqsOf(two)).toEqual(upTo(55));
  });

  test('an owner with an older fence is refused and told, and the new one goes on behind a gap', async () => {
    await using two = await openTwo();
    let isFenced = false;
    const onFenced = () => {
      isFenced = true;
    };
    two.written.log.open('a', { fence: 1, lastSeq: 0, onFenced });
    write(two, 5);
    await expect.poll(() => seqsOf(two)).toEqual(upTo(5));
    two.read.log.open('a', { fence: 2, lastSeq: 1_000 });
    two.read.log.append('a', { text: 'mine' });
    const third = await openRedisBus(server.url, newPrefix());
    await third[Symbol.asyncDispose]();
    // The first owner reads what the second has written, as soon as it has been told.
    await expect
      .poll(async () => {
        if (!isFenced) write(two, 1);
        return isFenced && (await two.written.log.read('a', 5, all))?.map(({ seq }) => seq);
      })
      .toEqual([1_001]);
  });

  test('a queued entry that two gateways write is there once', async () => {
    await using two = await openTwo();
    await two.read.log.begin('a', { text: 'queued' });
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    two.written.log.append('a', { text: 'queued' });
    two.written.log.append('a', { text: 'started' });
    await expect.poll(() => seqsOf(two)).toEqual([1, 2]);
  });

  test('a log expires in Redis, too', async () => {
    await using two = await openTwo();
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    write(two, 1);
    await two.written.log.expire('a', 50);
    await expect.poll(() => seqsOf(two)).toBeNull();
  });

  test('a gateway that stops ships what it has', async () => {
    const two = await openTwo();
    two.written.log.open('a', { fence: 1, lastSeq: 0 });
    write(two, 20);
    await two.one[Symbol.asyncDispose]();
    expect(await seqsOf(two)).toEqual(upTo(20));
    await two.other[Symbol.asyncDispose]();
  });

  test('rings, calls and values reach the other gateway', async () => {
    await using two = await openTwo();
    const { one, other } = two;
    await using third = await openRedisBus(server.url, newPrefix());
    using _note = other.calls.answer('who', async (argument) => [argument, other.calls.gatewayId]);
    const asked = one.calls.ask(other.calls.gatewayId, 'who', 'are you', { timeoutMs: 5_000 });
    expect(await asked).toEqual(['are you', other.calls.gatewayId]);
    await one.values.set('home', 'one', 60_000);
    expect(await other.values.get(['home'])).toEqual(['one']);
    expect(await third.values.get(['home'])).toEqual([undefined]);
    const { signal } = new AbortController();
    using bell = hangBell({ bus: other.bus, topic: 'x', signal, longestWaitMs: 60_000 });
    // The first wait ends when Redis has begun to send the rings.
    await bell.wait();
    const rung = bell.wait();
    one.bus.ring('x');
    await rung;
  });

  test('a call is executed once, also when the answer is late because Redis was frozen', async () => {
    await using two = await openTwo();
    const { one, other } = two;
    let executed = 0;
    using _ = other.calls.answer('count', async () => {
      executed += 1;
      return executed;
    });
    server.freeze();
    const asked = one.calls.ask(other.calls.gatewayId, 'count', null, { timeoutMs: 10_000 });
    setTimeout(() => server.thaw(), 600);
    expect(await asked).toBe(1);
    expect(executed).toBe(1);
  });
});
