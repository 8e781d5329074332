import { expect, onTestFinished, test } from 'vitest';
import {
  acceptStream,
  openSocket,
  rawPost,
  readEvents,
  sendJson,
  startStreamServer,
} from './stream-server.ts';

async function openServer() {
  const server = await startStreamServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** Far more bytes than the kernel buffers for a client that does not read. */
const frameBytes = 64_000;
const healthyFrames = 500;
const stalledFrames = 300;

const floodOf = (name: string) => `subscription { flood(name: "${name}", bytes: ${frameBytes}) }`;

/** Reads this many values of a flood, then leaves. */
async function readFlood(response: Response, frames: number): Promise<void> {
  let seen = 0;
  for await (const { event } of readEvents(response)) {
    expect(event).toBe('next');
    seen += 1;
    if (seen === frames) break;
  }
}

test('a client that stops reading stops its source, while another reads everything', async () => {
  const server = await openServer();
  const mallory = await openSocket(server.port);
  mallory.socket.pause();
  mallory.socket.write(
    rawPost(JSON.stringify({ query: floodOf('mallory') }), { accept: 'text/event-stream' }),
  );
  await server.facts('mallory').subscribed.promise;
  const alice = await fetch(server.url, {
    method: 'POST',
    headers: { ...acceptStream, ...sendJson },
    body: JSON.stringify({ query: floodOf('alice') }),
  });
  await readFlood(alice, healthyFrames);
  expect(server.facts('alice').pulled).toBeGreaterThanOrEqual(healthyFrames);
  expect(server.facts('mallory').pulled).toBeLessThan(stalledFrames);

  mallory.socket.destroy();
  await Promise.all([server.facts('mallory').returned.promise, server.facts('alice').returned.promise]);
});

test('a client that reads again after a pause gets every value in order', async () => {
  const server = await openServer();
  const alice = await openSocket(server.port);
  alice.socket.pause();
  const text = 'x'.repeat(5_000);
  const query = `subscription ($text: String) { count(to: 5000, name: $text) { value } }`;
  alice.socket.write(
    rawPost(JSON.stringify({ query, variables: { text } }), { accept: 'text/event-stream' }),
  );
  await server.facts(text).subscribed.promise;
  const ended = new Promise<void>((resolve) => {
    alice.socket.on('data', () => {
      if (alice.received.includes('event: complete')) resolve();
    });
  });
  alice.socket.resume();
  await ended;
  const values = [...alice.received.matchAll(/"value":(\d+)/g)].map(([, value]) => Number(value));
  expect(values).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
});

test('a stalled client in single connection mode stops all its sources', async () => {
  const server = await openServer();
  const reserved = await (await fetch(server.url, { method: 'PUT' })).text();
  const mallory = await openSocket(server.port);
  mallory.socket.pause();
  const token = { 'x-graphql-event-stream-token': reserved };
  for (const name of ['first', 'second', 'third']) {
    const body = JSON.stringify({ query: floodOf(name), extensions: { operationId: name } });
    await fetch(server.url, { method: 'POST', headers: { ...token, ...sendJson }, body });
  }
  mallory.socket.write(
    `GET /graphql/stream?token=${reserved} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`,
  );
  await server.facts('third').subscribed.promise;
  const alice = await fetch(`${server.url}?${new URLSearchParams({ query: floodOf('alice') })}`, {
    headers: acceptStream,
  });
  await readFlood(alice, healthyFrames);
  for (const name of ['first', 'second', 'third']) {
    expect(server.facts(name).pulled).toBeLessThan(stalledFrames);
  }
  mallory.socket.destroy();
  for (const name of ['first', 'second', 'third']) await server.facts(name).returned.promise;
});

test('a source that never yields to the event loop does not block other requests', async () => {
  const server = await openServer();
  const flood = await fetch(
    `${server.url}?${new URLSearchParams({ query: 'subscription { flood(name: "small", bytes: 1) }' })}`,
    { headers: acceptStream },
  );
  const reading = readFlood(flood, 20_000);
  for (let round = 0; round < 5; round += 1) {
    const response = await fetch(`${server.url}?query={hello}`, { headers: acceptStream });
    expect(await response.text()).toContain('world');
  }
  await reading;
});
