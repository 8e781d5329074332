import { describe, expect, test } from 'vitest';
import { hangBell } from '../../src/bus/bell.ts';
import { GatewayUnreachableError } from '../../src/bus/gateway-calls.ts';
import { GatewayError } from '../../src/errors.ts';
import { newPrefix, type OpenedBus, openMemoryBus, openRedisBus } from '../support/process/joined-buses.ts';
import { describeWithRedis, redisUrl } from '../support/process/redis.ts';

// What every adapter of the bus does, as one gateway sees it: a memory for a lone gateway, Redis for several.

describe('in memory', () => contract(openMemoryBus));

describeWithRedis('in Redis', () => contract(() => openRedisBus(redisUrl, newPrefix())));

interface Body {
  text: string;
}

const textsOf = (entries: readonly Body[] | null) => entries?.map(({ text }) => text);

function contract(open: () => Promise<OpenedBus>) {
  test('a log counts its entries from 1, and gives those behind a cursor, up to a limit', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    log.open('a', { fence: 1, lastSeq: 0 });
    for (const text of ['x', 'y', 'z']) await log.append('a', { text });
    expect(await log.read('a', 0, 10)).toMatchObject([
      { seq: 1, text: 'x' },
      { seq: 2, text: 'y' },
      { seq: 3, text: 'z' },
    ]);
    expect(textsOf(await log.read('a', 1, 1))).toEqual(['y']);
    expect(textsOf(await log.read('a', 3, 10))).toEqual([]);
    expect(await log.lastSeq('a')).toBe(3);
  });

  test('a log that never began is told apart from one without new entries', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    expect(await log.read('a', 0, 10)).toBeNull();
    expect(await log.lastSeq('a')).toBeNull();
  });

  test('appending to an open log, and reading it, returns no promise', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    log.open('a', { fence: 1, lastSeq: 0 });
    expect(log.append('a', { text: 'x' })).toMatchObject({ seq: 1, text: 'x' });
    expect(log.read('a', 0, 10)).toMatchObject([{ seq: 1 }]);
  });

  test('a log that goes on behind a seq begins there, and its first entries are gone', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    log.open('a', { fence: 1, lastSeq: 0 });
    await log.append('a', { text: 'x' });
    log.open('a', { fence: 2, lastSeq: 1_000 });
    await log.append('a', { text: 'y' });
    expect(await log.read('a', 1, 10)).toMatchObject([{ seq: 1_001, text: 'y' }]);
    expect(await log.lastSeq('a')).toBe(1_001);
  });

  test('a log that is opened again keeps its entries', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    log.open('a', { fence: 1, lastSeq: 0 });
    await log.append('a', { text: 'x' });
    log.open('a', { fence: 1, lastSeq: 0 });
    expect(await log.append('a', { text: 'y' })).toMatchObject({ seq: 2 });
  });

  test('the first entry of a log can be written before anybody opens it', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    await log.begin('a', { text: 'queued' });
    await log.begin('a', { text: 'queued again' });
    expect(textsOf(await log.read('a', 0, 10))).toEqual(['queued']);
  });

  test('a log expires when nothing was appended for its time', async () => {
    await using opened = await open();
    const { log } = opened.createLogs<Body>();
    log.open('a', { fence: 1, lastSeq: 0 });
    await log.append('a', { text: 'x' });
    await log.expire('a', 30);
    await expect.poll(() => log.read('a', 0, 10)).toBeNull();
    expect(log.isOpen('a')).toBe(false);
  });

  test('a ring reaches every listener of its topic at once, until it stops to listen', async () => {
    await using opened = await open();
    const { bus } = opened;
    const heard: string[] = [];
    const first = bus.listen('a', () => heard.push('first'));
    using _second = bus.listen('a', () => heard.push('second'));
    using _other = bus.listen('b', () => heard.push('other'));
    bus.ring('a');
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    bus.ring('a');
    expect(heard).toEqual(['first', 'second', 'second']);
  });

  test('the bus of logs rings those who wait for an entry', async () => {
    await using opened = await open();
    const { log, bus } = opened.createLogs<Body>();
    log.open('a', { fence: 1, lastSeq: 0 });
    const { signal } = new AbortController();
    using bell = hangBell({ bus, topic: 'a', signal, longestWaitMs: 60_000 });
    const waited = bell.wait();
    log.append('a', { text: 'x' });
    bus.ring('a');
    await waited;
  });

  test('a gateway answers its own calls with what went through JSON', async () => {
    await using opened = await open();
    const { calls } = opened;
    using _ = calls.answer('echo', async (argument) => ({ got: argument, left: undefined }));
    const reply = await calls.ask(calls.gatewayId, 'echo', { at: 1, no: undefined }, { timeoutMs: 5_000 });
    expect(reply).toStrictEqual({ got: { at: 1 } });
    expect(() => calls.answer('echo', async () => 1)).toThrow('answered already');
  });

  test('a refusal comes back as it was thrown', async () => {
    await using opened = await open();
    const { calls } = opened;
    using _ = calls.answer('refuse', async () => {
      throw new GatewayError('CONFLICT', 'No.', { field: 'x' });
    });
    const asked = calls.ask(calls.gatewayId, 'refuse', null, { timeoutMs: 5_000 });
    await expect(asked).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'No.',
      extensions: { field: 'x' },
    });
  });

  test('a gateway that is not there, or does not answer in time, is reported', async () => {
    await using opened = await open();
    const { calls } = opened;
    using _ = calls.answer('hang', () => new Promise(() => undefined));
    await expect(calls.ask('nobody', 'hang', null, { timeoutMs: 50 })).rejects.toThrow(
      GatewayUnreachableError,
    );
    await expect(calls.ask(calls.gatewayId, 'hang', null, { timeoutMs: 50 })).rejects.toThrow(
      GatewayUnreachableError,
    );
  });

  test('calls that nobody waits for arrive in their order', async () => {
    await using opened = await open();
    const { calls } = opened;
    const got: unknown[] = [];
    using _ = calls.answer('note', async (argument) => void got.push(argument));
    for (let n = 0; n < 100; n += 1) calls.tell(calls.gatewayId, 'note', n);
    await expect.poll(() => got.length).toBe(100);
    expect(got).toEqual([...got].toSorted((a, b) => Number(a) - Number(b)));
  });

  test('a shared value is found until its time is over, or it is deleted as what it is', async () => {
    await using opened = await open();
    const { values } = opened;
    await values.set('a', 'one', 60_000);
    await values.set('b', 'two', 20);
    expect(await values.get(['a', 'none'])).toEqual(['one', undefined]);
    await expect.poll(() => values.get(['b'])).toEqual([undefined]);
    await values.delete('a', 'another');
    expect(await values.get(['a'])).toEqual(['one']);
    await values.delete('a', 'one');
    expect(await values.get(['a'])).toEqual([undefined]);
  });
}
