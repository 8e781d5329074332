import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { measured } from '../../support/gateway/longest-turn.ts';
import { requestUnread, type UnreadResponse } from '../../support/http/stalling-client.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { AUTH: 'token' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const paths = [
  '/graphql',
  '/console',
  '/console/main.js',
  '/console/icon.svg',
  '/docs',
  '/docs/swagger-ui-bundle.js',
  '/docs/favicon-32x32.png',
  '/api/v1/openapi.json',
];

interface RawResponse {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** Returns the body as it was sent. `fetch` would decompress it. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<RawResponse> {
  const { hostname, port } = new URL(gateway.url);
  const all = { accept: 'text/html', ...headers };
  const options = { hostname, port, path, method, headers: all, agent: false };
  const [response] = (await once(request(options).end(), 'response')) as [IncomingMessage];
  const named = Object.entries(response.headers).map(([name, value]): [string, string] => [name, `${value}`]);
  return { status: response.statusCode ?? 0, headers: new Headers(named), body: await buffer(response) };
}

describe.each(paths)('%s', (path) => {
  test(`${path} is sent with its length and its ETag`, async () => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('content-length')).toBe(String(body.length));
    expect(headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('vary')).toMatch(/Accept-Encoding/);
  });

  test(`${path} is answered 304 without a body to a client that has it`, async () => {
    const etag = (await ask(path, {}, 'HEAD')).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { status, headers, body } = await ask(path, { 'if-none-match': known });
      expect({ known, status, etag: headers.get('etag'), size: body.length }).toEqual({
        known,
        status: 304,
        etag,
        size: 0,
      });
    }
    expect((await ask(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test(`HEAD ${path} is answered with the headers of GET and no body`, async () => {
    const [get, head] = [await ask(path), await ask(path, {}, 'HEAD')];
    expect(head.status).toBe(200);
    expect(head.body.length).toBe(0);
    for (const name of ['content-length', 'content-type', 'content-security-policy', 'etag']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
  });

  test(`${path} is the same after decompression`, async () => {
    const { headers, body } = await ask(path);
    const decompress = { br: brotliDecompressSync, gzip: gunzipSync };
    for (const coding of ['br', 'gzip'] as const) {
      const packed = await ask(path, { 'accept-encoding': coding });
      const isPacked = packed.headers.get('content-encoding') === coding;
      expect((isPacked ? decompress[coding](packed.body) : packed.body).equals(body)).toBe(true);
      expect(packed.headers.get('content-length')).toBe(String(packed.body.length));
      expect(packed.body.length).toBeLessThanOrEqual(body.length);
      // The bytes differ, so a strong ETag must differ too.
      expect(packed.headers.get('etag') !== headers.get('etag')).toBe(isPacked);
      const known = { 'accept-encoding': coding, 'if-none-match': packed.headers.get('etag') ?? '' };
      expect((await ask(path, known)).status).toBe(304);
    }
  });
});

test.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, deflate', 'gzip'],
  ['GZIP;q=0.5', 'gzip'],
  ['br;q=0, *', 'gzip'],
  ['*', 'br'],
  ['br;q=0, gzip; q=0.0, *;q=1', null],
  ['identity', null],
  ['*;q=0', null],
])('GraphiQL for a client that sends Accept-Encoding: %s has the coding %s', async (accepted, coding) => {
  const { headers } = await ask('/graphql', { 'accept-encoding': accepted }, 'HEAD');
  expect(headers.get('content-encoding')).toBe(coding);
  expect(Number(headers.get('content-length'))).toBeGreaterThan(1_000_000);
});

test('GraphiQL varies by Accept, because programs get JSON from the same path', async () => {
  expect((await ask('/graphql', {}, 'HEAD')).headers.get('vary')).toBe('Accept, Accept-Encoding');
});

test(
  '60 clients that do not read GraphiQL cost less than 20 MB and 2 seconds of processor time',
  measured,
  async () => {
    await ask('/graphql');
    const [memory, cpu] = [process.memoryUsage.rss(), process.cpuUsage()];
    const unread: UnreadResponse[] = [];
    for (let count = 0; count < 60; count += 1) {
      unread.push(await requestUnread(gateway.url, '/graphql', { accept: 'text/html' }));
    }
    const { user, system } = process.cpuUsage(cpu);
    const grown = process.memoryUsage.rss() - memory;
    for (const response of unread) response.close();
    expect(grown / 1e6).toBeLessThan(20);
    expect((user + system) / 1e6).toBeLessThan(2);
  },
);
