import { expect, onTestFinished, test } from 'vitest';
import type { SocketOptions } from '../../../src/http/socket/socket-parts.ts';
import { openKnown, openRaw, startSocketServer } from './socket-server.ts';

async function openServer(options: Partial<SocketOptions> = {}) {
  const server = await startSocketServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

test('a client that does not say who it is in time is closed with 4408, one that sends much before with 4400', async () => {
  const impatient = await openServer({ initTimeoutMs: 50 });
  const silent = await openRaw(impatient.url);
  expect((await silent.closed).code).toBe(4408);
  const server = await openServer({ maxMessageBytes: 10_000_000 });
  const known = await openKnown(server.url);
  const loud = await openRaw(server.url);
  loud.socket.send('x'.repeat(100_000), { fin: false });
  expect((await loud.closed).code).toBe(4400);
  // A known client may send as much.
  known.send({ type: 'ping', payload: { text: 'x'.repeat(100_000) } });
  await known.until(2);
  known.socket.close();
});

test('a client that answers pings stays, and one that does not is cut off', async () => {
  const server = await openServer({ heartbeatMs: 50 });
  const alive = await openKnown(server.url);
  let pings = 0;
  alive.socket.on('ping', () => {
    pings += 1;
  });
  const gone = await openKnown(server.url);
  // The client of `ws` answers by itself.
  gone.socket.pong = () => {};
  gone.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { silence(name: "gone") }' } });
  await server.facts('gone').returned.promise;
  expect((await gone.closed).code).toBe(1006);
  const before = pings;
  await expect.poll(() => pings).toBeGreaterThan(before + 1);
  expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  alive.socket.close();
});

test('a server that stops closes its sockets with 1001, also one whose client never answers, and ends their operations', async () => {
  const server = await openServer();
  const polite = await openKnown(server.url);
  const rude = await openKnown(server.url);
  for (const [name, { send }] of Object.entries({ polite, rude })) {
    send({ type: 'subscribe', id: '1', payload: { query: `subscription { silence(name: "${name}") }` } });
    await server.facts(name).subscribed.promise;
  }
  rude.socket.pause();
  await server.handler[Symbol.asyncDispose]();
  expect(await polite.closed).toEqual({ code: 1001, reason: 'The gateway stops' });
  expect([server.facts('polite').returned.happened, server.facts('rude').returned.happened]).toEqual([
    true,
    true,
  ]);
  rude.socket.resume();
  await rude.closed;
  expect(server.logged.filter(({ ended }) => ended === 'the gateway stops')).toHaveLength(2);
});

test('when the token of a user is no longer valid, a socket ends with its last operation', async () => {
  const lapse = new AbortController();
  const watch = () => ({ signal: lapse.signal, [Symbol.dispose]: () => {} });
  const server = await openServer({ owner: async () => ({ name: 'alice', watch }) });
  const idle = await openKnown(server.url);
  const busy = await openKnown(server.url);
  busy.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { silence(name: "busy") }' } });
  await server.facts('busy').subscribed.promise;
  lapse.abort();
  expect((await idle.closed).code).toBe(4403);
  busy.send({ type: 'complete', id: '1' });
  expect((await busy.closed).code).toBe(4403);
  const late = await openRaw(server.url);
  late.send({ type: 'connection_init' });
  expect((await late.closed).code).toBe(4403);
});
