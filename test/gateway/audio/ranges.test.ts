import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Recorded, record } from '../../support/files/recording.ts';
import { createWav } from '../../support/files/wav.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

const wav = createWav({ seconds: 1 });
const size = wav.length;
let gateway: TestGateway;
let memo: Recorded;

beforeAll(async () => {
  gateway = await startTestGateway();
  memo = await record(gateway, wav);
});
afterAll(() => gateway[Symbol.asyncDispose]());

function get(range: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}${memo.path}`, { headers: { range, ...headers } });
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

describe('a range', () => {
  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=8000-', 8_000, size - 1],
    ['bytes=8000-999999', 8_000, size - 1],
    ['bytes=-10', size - 10, size - 1],
    ['bytes=-999999', 0, size - 1],
    ['Bytes=5-6', 5, 6],
    ['bytes=0-9,10-19', 0, 19],
  ])('the range %s is answered with bytes %i to %i', async (range, start, end) => {
    const response = await get(range);
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${size}`);
    expect(response.headers.get('content-length')).toBe(String(end - start + 1));
    expect(response.headers.get('content-type')).toBe('audio/wav');
    expect(response.headers.get('etag')).toBe(`"${memo.sha256}"`);
    expect((await bytesOf(response)).equals(wav.subarray(start, end + 1))).toBe(true);
  });

  test.each([`bytes=${size}-`, 'bytes=999999-', 'bytes=-0', 'bytes=99999999999999999999-'])(
    'the range %s, which lies outside the recording, is answered with 416',
    async (range) => {
      const response = await get(range);
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe(`bytes */${size}`);
      expect(await bytesOf(response)).toHaveLength(0);
    },
  );

  test.each(['bytes', 'bytes=', 'bytes=a-b', 'bytes=--1', 'bytes=0-1,x', 'bytes=1.5-2', 'lines=0-1'])(
    'the invalid range %s is ignored',
    async (range) => {
      const response = await get(range);
      expect(response.status).toBe(200);
      expect((await bytesOf(response)).equals(wav)).toBe(true);
    },
  );
});

describe('several ranges', () => {
  test('several ranges are sent as multipart/byteranges in the requested order', async () => {
    const response = await get('bytes=-3,0-1,100-104');
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBeNull();
    const [, boundary = ''] =
      /^multipart\/byteranges; boundary=([\w-]+)$/.exec(response.headers.get('content-type') ?? '') ?? [];
    const part = (start: number, end: number) =>
      `--${boundary}\r\nContent-Type: audio/wav\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n` +
      `${wav.subarray(start, end + 1).toString('latin1')}\r\n`;
    const body = (await bytesOf(response)).toString('latin1');
    expect(body).toBe(`${part(size - 3, size - 1)}${part(0, 1)}${part(100, 104)}--${boundary}--\r\n`);
    expect(response.headers.get('content-length')).toBe(String(body.length));
  });

  test('ranges outside the recording are left out', async () => {
    const response = await get(`bytes=0-4,${size}-`);
    expect(response.headers.get('content-range')).toBe(`bytes 0-4/${size}`);
    expect(await bytesOf(response)).toHaveLength(5);
  });

  test('more than 16 ranges are answered with the whole recording', async () => {
    const ranges = (count: number) => Array.from({ length: count }, (_, n) => `${n * 3}-${n * 3}`).join();
    const [most, tooMany] = [await get(`bytes=${ranges(16)}`), await get(`bytes=${ranges(17)}`)];
    expect([most.status, tooMany.status]).toEqual([206, 200]);
    await most.arrayBuffer();
    expect((await bytesOf(tooMany)).equals(wav)).toBe(true);
  });
});

describe('If-Range', () => {
  test('If-Range with the current ETag or date is answered with the range', async () => {
    const whole = await get('bytes=0-0', { 'if-range': `"${memo.sha256}"` });
    const date = whole.headers.get('last-modified') ?? '';
    const byDate = await get('bytes=0-0', { 'if-range': date });
    expect([whole.status, byDate.status]).toEqual([206, 206]);
  });

  test.each(['"x"', 'Mon, 01 Jan 2024 00:00:00 GMT', 'yesterday'])(
    'If-Range with the other version %s is answered with the whole recording',
    async (ifRange) => {
      const response = await get('bytes=0-0', { 'if-range': ifRange });
      expect(response.status).toBe(200);
      expect((await bytesOf(response)).equals(wav)).toBe(true);
    },
  );

  test('If-Range with a weak ETag is answered with the whole recording', async () => {
    expect((await get('bytes=0-0', { 'if-range': `W/"${memo.sha256}"` })).status).toBe(200);
  });
});
