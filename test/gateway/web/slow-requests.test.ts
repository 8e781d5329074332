import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

const timeoutMs = 400;
const limits = { HEADER_TIMEOUT_MS: '300', BODY_TIMEOUT_MS: String(timeoutMs) };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { ...limits, DEMO_DELAY_MS: '20', LOG_LEVEL: 'info' } });
  const sessionId = await gateway.createSession();
  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
});
afterAll(() => gateway[Symbol.asyncDispose]());

const json = 'content-type: application/json';
const form = 'content-type: multipart/form-data; boundary=x';
const fileHead = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF';
const operations =
  '{"query":"mutation($f:Upload!){uploadMessageAudio(messageId:\\"TWVzc2FnZTox\\",file:$f){id}}","variables":{"f":null}}';
const uploadHead = [
  `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${operations}`,
  '--x\r\ncontent-disposition: form-data; name="map"\r\n\r\n{"0":["variables.f"]}',
  '--x\r\ncontent-disposition: form-data; name="0"; filename="a.wav"\r\n\r\nRIFF',
].join('\r\n');

function head(path: string, ...headers: string[]): string {
  const { host } = new URL(gateway.url);
  return [`POST ${path} HTTP/1.1`, `host: ${host}`, ...headers, '', ''].join('\r\n');
}

/** Requests that are correct, except that their body stops before its end. */
const stopping: Record<string, () => string> = {
  'a query': () => `${head('/graphql', json, 'content-length: 1000')}{"query":`,
  'a query without a single byte': () => head('/graphql', json, 'content-length: 1000'),
  'a query in chunks': () => `${head('/graphql', json, 'transfer-encoding: chunked')}9\r\n{"query":\r\n`,
  'a chat over graphql-sse': () =>
    `${head('/graphql/stream', json, 'accept: text/event-stream', 'content-length: 1000')}{"query":`,
  'a session over REST': () => `${head('/api/v1/sessions/', json, 'content-length: 1000')}{"title":`,
  'a session over REST in chunks': () =>
    `${head('/api/v1/sessions/', json, 'transfer-encoding: chunked')}9\r\n{"title":\r\n`,
  'a recording over REST': () =>
    head('/api/v1/sessions/messages/1/audio', form, 'content-length: 1000') + fileHead,
  'a recording over GraphQL': () =>
    head('/graphql', form, 'apollo-require-preflight: 1', 'content-length: 5000') + uploadHead,
};

async function connectTo({ url }: TestGateway): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Sends a text in pieces, each before the timeout for a body that stops. */
async function sendSlowly(socket: Socket, whole: string, pieces: number): Promise<void> {
  const size = Math.ceil(whole.length / pieces);
  for (let at = 0; at < whole.length; at += size) {
    socket.write(whole.slice(at, at + size));
    await delay(timeoutMs / 4);
  }
}

/** Sends a request whose body comes a byte at a time. Returns the response when the gateway closes the connection. */
async function sendBytewise(request: string): Promise<string> {
  const socket = await connectTo(gateway);
  // The gateway may reset the connection while a byte is on its way.
  socket.on('error', () => {});
  let response = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    response += piece;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(request);
  const bytes = setInterval(() => socket.write(' '), timeoutMs / 4);
  try {
    await closed;
    return response;
  } finally {
    clearInterval(bytes);
  }
}

// Concurrent, because each test waits for a timeout.
describe.concurrent('a slow request', () => {
  test.for(Object.entries(stopping))(
    '%s whose body stops is cut with 408',
    async ([_what, request], { expect }) => {
      const response = await sendRaw(gateway.url, request());
      expect(response).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
      expect(response.toLowerCase()).toContain('\r\nconnection: close\r\n');
      const body = response.split('\r\n\r\n')[1] ?? '';
      const message = `The body came too slowly, or nothing of it for ${timeoutMs} ms.`;
      expect(JSON.parse(body)).toEqual(
        request().includes(' /api/')
          ? { detail: message }
          : { errors: [{ message, extensions: { code: 'REQUEST_TIMEOUT' } }] },
      );
    },
  );

  test('a body that arrives slowly but steadily is accepted', async ({ expect }) => {
    // Half a kilobyte a second is slow, but above the lowest accepted speed.
    const body = JSON.stringify({ title: 'Slow' }).padEnd(1_000);
    const socket = await connectTo(gateway);
    const response = text(socket);
    const beganAt = performance.now();

    socket.write(head('/api/v1/sessions/', json, `content-length: ${body.length}`, 'connection: close'));
    await sendSlowly(socket, body, 8);

    expect(await response).toMatch(/^HTTP\/1.1 200 OK\r\n.*"title":"Slow"/s);
    expect(performance.now() - beganAt).toBeGreaterThan(timeoutMs);
  });

  test('a body that arrives a few bytes at a time is cut', async ({ expect }) => {
    const response = await sendBytewise(head('/api/v1/sessions/', json, 'content-length: 1000'));
    expect(response).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  });

  test('a body that still arrives a few bytes at a time after the response is cut as well', async ({
    expect,
  }) => {
    const { host } = new URL(gateway.url);
    const response = await sendBytewise(
      `GET /health/live HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000\r\n\r\n`,
    );
    expect(response).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });

  test('an answer may take longer than any request may', async ({ expect }) => {
    const sessionId = await gateway.createSession();
    const beganAt = performance.now();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Write 60 words.' }));
    expect(seen.at(-1)?.__typename).toBe('RunCompleted');
    expect(performance.now() - beganAt).toBeGreaterThan(2 * timeoutMs);
  });

  test('a request whose headers never end is cut with 408', async ({ expect }) => {
    const response = await sendRaw(gateway.url, 'GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-slow: 1');
    expect(response).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  });
});

test('slow requests are not logged as faults of the gateway', async () => {
  expect(await gateway.query('{ viewer { userId } }')).toBeDefined();
  expect(gateway.lines.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(
    Object.keys(stopping).length,
  );
  expect(gateway.lines.filter(({ level }) => Number(level) >= 50 || level === 'error')).toEqual([]);
});

test('connections beyond MAX_CONNECTIONS are closed, and open ones keep working', async () => {
  await using small = await startTestGateway({ settings: { MAX_CONNECTIONS: '2' } });
  const kept = await Promise.all([connectTo(small), connectTo(small)]);
  const request = 'GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

  expect(await sendRaw(small.url, request).catch(() => '')).toBe('');
  for (const socket of kept) {
    socket.write(request);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK/);
  }
  await expect.poll(() => sendRaw(small.url, request).catch(() => '')).toMatch(/^HTTP\/1.1 200 OK/);
});
