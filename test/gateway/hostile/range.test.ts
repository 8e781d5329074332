import { beforeAll, describe, expect, test } from 'vitest';
import { memo } from '../../support/gateway/audio-upload.ts';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

const path = '/api/v1/sessions/messages/1/audio';
const size = memo.length;
const times = (count: number, range: string) => `bytes=${Array.from({ length: count }, () => range).join()}`;

describe('a Range', () => {
  test.each([
    ['of 1,000 overlapping parts', times(1_000, '0-')],
    ['of 2,000 suffixes', times(2_000, '-1')],
    ['of 1,500 single bytes', `bytes=${Array.from({ length: 1_500 }, (_, n) => `${n * 2}-${n * 2}`).join()}`],
    [
      'of parts in reverse',
      `bytes=${Array.from({ length: 500 }, (_, n) => `${1_000 - n * 2}-${1_000 - n * 2}`).join()}`,
    ],
    ['beyond 53 bits', 'bytes=0-9007199254740993'],
    ['that ends beyond all numbers', `bytes=0-${'9'.repeat(1_000)}`],
    ['that begins beyond all numbers', `bytes=${'9'.repeat(1_000)}-`],
    ['that ends before it begins', 'bytes=10-5'],
    ['of negative bytes', 'bytes=-5--1'],
    ['of floats', 'bytes=0.5-1.5'],
    ['of exponents', 'bytes=0-1e3'],
    ['in hexadecimal', 'bytes=0x0-0xff'],
    ['of NaN', 'bytes=NaN-NaN'],
    ['without numbers', 'bytes=-'],
    ['of commas', `bytes=${','.repeat(5_000)}`],
    ['of spaces', `bytes=0-${' '.repeat(5_000)}1`],
    ['of dashes', `bytes=${'-'.repeat(5_000)}`],
    ['of spaces and dashes that make patterns backtrack', `bytes=0-0${', - '.repeat(2_000)}`],
    ['in lines', 'lines=0-1'],
    ['in two units', 'bytes=0-1, lines=0-1'],
    ['of __proto__', '__proto__=0-1'],
  ])('a Range %s is answered with no more than the file', async (_what, range) => {
    const { status, text, headers } = await gateway.attack(path, { headers: { range } });
    expect([200, 206, 416]).toContain(status);
    expect(Number(headers.get('content-length'))).toBeLessThan(size + 10_000);
    expect(text.length).toBeLessThan(size + 10_000);
  });

  test.each([
    ['If-Range', '"'.repeat(5_000)],
    ['If-Match', '*,'.repeat(5_000)],
    ['If-None-Match', 'W/"",'.repeat(2_000)],
    ['If-Modified-Since', '9'.repeat(1_000)],
    ['If-Unmodified-Since', 'Thu, 01 Jan 999999 00:00:00 GMT'],
  ])('a Range with a malformed %s is answered', async (name, value) => {
    const { status } = await gateway.attack(path, { headers: { range: 'bytes=0-1', [name]: value } });
    expect([200, 206, 304, 412]).toContain(status);
  });

  test('a Range that 50 clients ask for and abandon delays no other client', async () => {
    const leaving = Array.from({ length: 50 }, async () => {
      const response = await fetch(gateway.url + path, { headers: { range: times(16, '0-4000') } });
      await response.body?.cancel();
    });
    await Promise.all(leaving);
    expect((await gateway.attack(path)).text.length).toBeGreaterThan(0);
  });
});

test('hostile ranges leave the gateway unharmed', () => gateway.expectUnharmed());
