import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type EventStream, type EventStreamOptions, openEventStream } from '../../src/sse/event-stream.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Opens a stream for a raw TCP client that has sent its request and reads from the start. */
async function openStreamForAlice(options?: EventStreamOptions) {
  let accept: (response: ServerResponse) => void = () => {};
  const accepted = new Promise<ServerResponse>((resolve) => {
    accept = resolve;
  });
  const server = createServer((_, response) => accept(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const alice = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  cleanups.push(
    () => alice.destroy(),
    () => server.close(),
  );
  const reading = { text: '' };
  alice.on('data', (text) => {
    reading.text += text;
  });
  alice.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const response = await accepted;
  return { alice, reading, response, stream: openEventStream(response, options) };
}

/** Writes more than the kernel buffers for a client that does not read. */
function overfill(stream: EventStream): void {
  for (let megabytes = 0; megabytes < 32; megabytes += 1) stream.write(`data: ${'x'.repeat(1_000_000)}\n\n`);
}

test('the headers and a heartbeat are sent at once, before the first event', async () => {
  const { reading } = await openStreamForAlice({ headers: { 'x-run': '7' } });
  await expect.poll(() => reading.text).toMatch(/\r\n:\n\r\n$/);
  const [head = ''] = reading.text.split('\r\n\r\n');
  expect(head.toLowerCase().split('\r\n')).toEqual(
    expect.arrayContaining([
      'http/1.1 200 ok',
      'content-type: text/event-stream; charset=utf-8',
      'cache-control: no-cache, no-transform',
      'x-accel-buffering: no',
      'x-run: 7',
    ]),
  );
});

test('frames arrive in order, and ending the stream ends the response', async () => {
  const { alice, reading, stream } = await openStreamForAlice();
  const ended = new Promise((resolve) => alice.once('end', resolve));
  stream.write('data: 1\n\n');
  stream.write('data: 2\n\n');
  stream.end();
  alice.end();
  await ended;
  expect(reading.text).toMatch(/data: 1\n\n[\s\S]*data: 2\n\n[\s\S]*\r\n0\r\n\r\n$/);
  expect(stream.closed.aborted).toBe(true);
  expect(stream.write('data: 3\n\n')).toBe(false);
});

test('write() returns false when the client stops reading, and ready() waits until it reads again', async () => {
  const { alice, stream } = await openStreamForAlice();
  alice.pause();
  overfill(stream);
  expect(stream.writable).toBe(false);
  let isReady = false;
  const ready = stream.ready().then(() => {
    isReady = true;
  });
  expect(stream.ready()).toBe(stream.ready());
  await new Promise(setImmediate);
  expect(isReady).toBe(false);
  alice.resume();
  await ready;
  expect(stream.writable).toBe(true);
  expect(stream.write('data: again\n\n')).toBe(true);
});

test('ready() resolves at once if the socket has room', async () => {
  const { stream } = await openStreamForAlice();
  await stream.ready();
  expect(stream.writable).toBe(true);
});

test('heartbeats are left out while the socket is full and continue afterwards', async () => {
  const { alice, reading, response, stream } = await openStreamForAlice({ heartbeatMs: 5 });
  await expect.poll(() => reading.text.split('\r\n:\n\r\n').length).toBeGreaterThan(2);
  alice.pause();
  overfill(stream);
  const lengthWhenFull = response.writableLength;
  const beats = { seen: 0 };
  const timer = setInterval(() => {
    beats.seen += 1;
  }, 5);
  cleanups.push(() => clearInterval(timer));
  await expect.poll(() => beats.seen).toBeGreaterThan(5);
  expect(response.writableLength).toBeLessThanOrEqual(lengthWhenFull);
  reading.text = '';
  alice.resume();
  const heartbeats = () => reading.text.slice(-200).split('\r\n:\n\r\n').length;
  // The frames that were held up come before the heartbeats.
  await vi.waitFor(() => expect(heartbeats()).toBeGreaterThan(3), { timeout: 20_000 });
});

test('a client that leaves closes the stream once, and ready() resolves', async () => {
  const { alice, stream } = await openStreamForAlice();
  let closings = 0;
  stream.closed.addEventListener('abort', () => {
    closings += 1;
  });
  alice.pause();
  overfill(stream);
  const ready = stream.ready();
  alice.destroy();
  await ready;
  expect(stream.closed.aborted).toBe(true);
  stream.end();
  expect(closings).toBe(1);
  expect(stream.writable).toBe(false);
  await stream.ready();
});

test('a stream for a client that has already left is closed from the start', async () => {
  const { alice, response } = await openStreamForAlice();
  const left = new Promise((resolve) => response.once('close', resolve));
  alice.destroy();
  await left;
  expect(openEventStream(response).closed.aborted).toBe(true);
});

test('the frames of one turn are written together, in order, and the end comes behind them', async () => {
  const { alice, reading, response, stream } = await openStreamForAlice();
  const ended = new Promise((resolve) => alice.once('end', resolve));
  await expect.poll(() => reading.text).toMatch(/:\n\r\n$/);
  const write = vi.spyOn(response.socket ?? response, 'write');
  for (const frame of ['data: 1\n\n', 'data: é\n\n', 'data: 3\n\n']) stream.write(frame);
  expect(write).not.toHaveBeenCalled();
  await new Promise((resolve) => process.nextTick(resolve));
  expect(write).toHaveBeenCalledTimes(1);
  stream.write('data: 4\n\n');
  stream.end();
  alice.end();
  await ended;
  const body = reading.text.slice(reading.text.indexOf('\r\n\r\n') + 4);
  expect(body).toBe(
    '2\r\n:\n\r\n9\r\ndata: 1\n\n\r\na\r\ndata: é\n\n\r\n9\r\ndata: 3\n\n\r\n9\r\ndata: 4\n\n\r\n0\r\n\r\n',
  );
});

test('a response that waits behind another one on its connection keeps its frames until then', async () => {
  const responses: ServerResponse[] = [];
  const server = createServer((_, response) => void responses.push(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const alice = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  cleanups.push(
    () => alice.destroy(),
    () => server.close(),
  );
  let text = '';
  alice.on('data', (part) => {
    text += part;
  });
  alice.write('GET /1 HTTP/1.1\r\nhost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await expect.poll(() => responses).toHaveLength(2);
  const [first, second] = responses as [ServerResponse, ServerResponse];
  const stream = openEventStream(second);
  stream.write('data: of the second\n\n');
  await new Promise((resolve) => setImmediate(resolve));
  first.end('the first');
  await expect.poll(() => text).toContain('data: of the second');
  expect(text.indexOf('the first')).toBeLessThan(text.indexOf('data: of the second'));
  stream.write('data: later\n\n');
  stream.end();
  await expect.poll(() => text).toMatch(/data: later\n\n\r\n0\r\n\r\n$/);
});
