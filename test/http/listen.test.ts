import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { listen } from '../../src/http/listen.ts';

const options = {
  portSetting: 'PORT' as const,
  host: '127.0.0.1',
  port: 0,
  maxConnections: 10,
  headerTimeoutMs: 10_000,
  responseTimeoutMs: 10_000,
  withSockets: false,
};

async function open(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('a closing server closes connections that sent nothing or a part of the headers, and answers a request that has begun', async () => {
  const requests = new EventEmitter();
  const app = {
    fetch: () =>
      new Promise<Response>((resolve) => {
        requests.emit('request', () => resolve(new Response('done')));
      }),
  };
  const listening = await listen(app, options, pino({ enabled: false }));
  const unused = await open(listening.url);
  const unfinished = await open(listening.url);
  unfinished.write('GET / HTTP/1.1\r\nhost: local');
  const again = await open(listening.url);
  const busy = await open(listening.url);
  const begun = once(requests, 'request');
  busy.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [finish] = await begun;
  const second = once(requests, 'request');
  again.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [finishSecond] = await second;
  const answer = once(again, 'data');
  finishSecond();
  expect(String(await answer)).toMatch(/^HTTP\/1.1 200 OK/);
  again.write('GET / HTTP/1.1\r\nhost: local');

  const closed = listening.close();
  // `once` of node:events would reject when the gateway resets a connection.
  for (const socket of [unused, unfinished, again]) {
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }
  finish();

  expect(await text(busy)).toMatch(/^HTTP\/1.1 200 OK\r\n.*done/s);
  await closed;
});
