import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { record } from '../../support/files/recording.ts';
import { createWav } from '../../support/files/wav.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

const timeoutMs = 400;
/** Larger than the buffers of the sockets on both ends. */
const wav = createWav({ seconds: 2_000 });
const aliases = 100;

let gateway: TestGateway;
let sessionId = '';
let recording = '';
beforeAll(async () => {
  gateway = await startTestGateway({
    settings: {
      RESPONSE_TIMEOUT_MS: String(timeoutMs),
      MAX_AUDIO_BYTES: String(wav.length),
      MAX_QUERY_ALIASES: String(aliases),
      MAX_RESPONSE_BYTES: '50000000',
      LOG_LEVEL: 'info',
    },
  });
  sessionId = await gateway.createSession();
  const prompt = 'word '.repeat(50_000);
  await collect(chat(gateway.client(), { sessionId, prompt }));
  recording = (await record(gateway, wav)).path;
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A query for 25 MB: the same long message many times. */
function largeQuery(): string {
  const nodes = Array.from({ length: aliases }, (_, at) => `a${at}:node(id:"${sessionId}"){...m}`);
  const query = `{${nodes.join('')}}fragment m on Session{messages(first:1){edges{node{content}}}}`;
  return `/graphql?query=${encodeURIComponent(query)}`;
}

const large: Record<string, () => [path: string, accept: string]> = {
  'a page': () => ['/graphql', 'text/html'],
  'a result of GraphQL': () => [largeQuery(), 'application/json'],
  'a recording': () => [recording, '*/*'],
};

/** Sends a GET and does not read. */
function send([path, accept]: [path: string, accept: string]): Socket {
  const { hostname, port, host } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  // The gateway resets a connection that it gives up.
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: ${accept}\r\nconnection: close\r\n\r\n`);
  return socket;
}

/** Reads to the end of the connection. Waits after each megabyte. */
async function readAll(socket: Socket, pauseMs = 0) {
  let size = 0;
  let pausedAt = 0;
  const chunks: Buffer[] = [];
  const closed = once(socket, 'close');
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (pauseMs === 0 || size - pausedAt < 1e6) return;
    pausedAt = size;
    socket.pause();
    void delay(pauseMs).then(() => socket.resume());
  });
  await closed;
  const bytes = Buffer.concat(chunks);
  const bodyAt = bytes.indexOf('\r\n\r\n') + 4;
  const length = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, bodyAt))?.[1];
  return { head: bytes.toString('latin1', 0, bodyAt), size: bytes.length - bodyAt, length: Number(length) };
}

test.each(Object.entries(large))('%s that its client does not read is given up', async (_what, request) => {
  const before = gaveUp();
  const socket = send(request());
  await expect.poll(gaveUp, { timeout: 20_000 }).toBe(before + 1);
  const { head, size, length } = await readAll(socket);
  expect(head).toMatch(/^(HTTP\/1.1 200 OK\r\n|$)/);
  if (length) expect(size).toBeLessThan(length);
});

function gaveUp(): number {
  return gateway.lines.filter(({ msg }) => msg === 'a client does not read its response').length;
}

test('a recording that its client reads slowly is sent to its end, although that takes many timeouts', async () => {
  const before = gaveUp();
  const beganAt = performance.now();
  const { size } = await readAll(send([recording, '*/*']), timeoutMs / 4);
  expect(size).toBe(wav.length);
  expect(performance.now() - beganAt).toBeGreaterThan(2 * timeoutMs);
  expect(gaveUp()).toBe(before);
});

test('a client that has read its response may keep its connection longer than a response may wait', async () => {
  const { hostname, port, host } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  const ask = async () => {
    socket.write(`GET /health/live HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    const [chunk] = await once(socket, 'data');
    return String(chunk);
  };
  expect(await ask()).toMatch(/^HTTP\/1.1 200 OK/);
  await delay(2 * timeoutMs);
  expect(await ask()).toMatch(/^HTTP\/1.1 200 OK/);
  socket.destroy();
});
