import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTemporaryFolder, type TemporaryFolder } from '../support/files/temporary-folder.ts';
import { chat, collect } from '../support/gateway/chat.ts';
import { sendRaw } from '../support/http/raw-http.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process/gateway-process.ts';

const timeoutMs = 400;
const limits = { HEADER_TIMEOUT_MS: '300', BODY_TIMEOUT_MS: String(timeoutMs) };

let folder: TemporaryFolder;
let gateway: GatewayProcess;
beforeAll(async () => {
  folder = await openTemporaryFolder();
  gateway = await startGatewayProcess({ DATA_DIR: folder.path, ...limits, DEMO_DELAY_MS: '20' });
  const sessionId = await gateway.createSession();
  await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

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

/** What is wrong with the bodies is only that they stop. */
const stopping: Record<string, () => string> = {
  'a query': () => `${head('/graphql', json, 'content-length: 1000')}{"query":`,
  'a query of which nothing comes': () => head('/graphql', json, 'content-length: 1000'),
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

describe('a body that stops coming', () => {
  test.each(Object.entries(stopping))('is cut with 408: %s', async (_what, request) => {
    const answer = await sendRaw(gateway.url, request());
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    const body = answer.split('\r\n\r\n')[1] ?? '';
    const message = `The body came too slowly, or nothing of it for ${timeoutMs} ms.`;
    expect(JSON.parse(body)).toEqual(
      request().includes(' /api/')
        ? { detail: message }
        : { errors: [{ message, extensions: { code: 'REQUEST_TIMEOUT' } }] },
    );
  });

  test('is not logged as a fault of the gateway', async () => {
    expect(await gateway.query('{ viewer { userId } }')).toBeDefined();
    expect(gateway.lines.filter(({ level }) => Number(level) >= 50 || level === 'error')).toEqual([]);
    expect(gateway.stderr).toBe('');
  });
});

/** Sends a text in pieces, each sooner than the time that nothing may come for. */
async function trickle(socket: Socket, whole: string, pieces: number): Promise<void> {
  const size = Math.ceil(whole.length / pieces);
  for (let at = 0; at < whole.length; at += size) {
    socket.write(whole.slice(at, at + size));
    await delay(timeoutMs / 4);
  }
}

test('a body that arrives slowly but steadily is accepted', async () => {
  const { hostname, port } = new URL(gateway.url);
  // Half a kilobyte a second is slow and no trickle.
  const body = JSON.stringify({ title: 'Slow' }).padEnd(1_000);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const answer = text(socket);
  const beganAt = performance.now();

  socket.write(head('/api/v1/sessions/', json, `content-length: ${body.length}`, 'connection: close'));
  await trickle(socket, body, 8);

  expect(await answer).toMatch(/^HTTP\/1.1 200 OK\r\n.*"title":"Slow"/s);
  expect(performance.now() - beganAt).toBeGreaterThan(timeoutMs);
});

test('a body that arrives a few bytes at a time is cut', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const answer = text(socket);
  socket.on('error', () => {});
  socket.write(head('/api/v1/sessions/', json, 'content-length: 1000'));
  const drops = setInterval(() => socket.write(' '), timeoutMs / 4);
  expect(await answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  clearInterval(drops);
});

test('a body that still trickles in after the answer is cut as well', async () => {
  const { hostname, host, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {});
  const answer = text(socket);
  socket.write(`GET /health/live HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000\r\n\r\n`);
  const drops = setInterval(() => socket.write(' '), timeoutMs / 4);
  expect(await answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  clearInterval(drops);
});

test('an answer may take longer than any request', async () => {
  const sessionId = await gateway.createSession();
  const beganAt = performance.now();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Write 60 words.' }));
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  expect(performance.now() - beganAt).toBeGreaterThan(2 * timeoutMs);
});

test('a request whose headers never end is cut with 408', async () => {
  const answer = await sendRaw(gateway.url, 'GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-slow: 1');
  expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
});

test('connections beyond MAX_CONNECTIONS are closed, and open ones keep working', async () => {
  await using own = await openTemporaryFolder();
  await using small = await startGatewayProcess({ DATA_DIR: own.path, MAX_CONNECTIONS: '2' });
  const { hostname, port } = new URL(small.url);
  const kept = [connect(Number(port), hostname), connect(Number(port), hostname)];
  await Promise.all(kept.map((socket) => once(socket, 'connect')));

  expect(
    await sendRaw(small.url, 'GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n').catch(() => ''),
  ).toBe('');
  for (const socket of kept) {
    socket.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK/);
  }
  const again = 'GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
  await expect.poll(() => sendRaw(small.url, again).catch(() => '')).toMatch(/^HTTP\/1.1 200 OK/);
});
