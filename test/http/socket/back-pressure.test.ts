import { expect, onTestFinished, test } from 'vitest';
import { openKnown, startSocketServer } from './socket-server.ts';

async function openServer() {
  const server = await startSocketServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** Far more bytes than the kernel buffers for a client that does not read. */
const frameBytes = 64_000;
const healthyFrames = 500;
const stalledFrames = 300;

const floodOf = (name: string, bytes = frameBytes) => ({
  type: 'subscribe',
  id: name,
  payload: { query: `subscription { flood(name: "${name}", bytes: ${bytes}) }` },
});

test('a client that stops reading stops all its sources, while another reads everything', async () => {
  const server = await openServer();
  const mallory = await openKnown(server.url);
  const names = ['first', 'second', 'third'];
  for (const name of names) mallory.send(floodOf(name));
  mallory.socket.pause();
  for (const name of names) await server.facts(name).subscribed.promise;
  const alice = await openKnown(server.url);
  alice.send(floodOf('alice'));
  await alice.until(healthyFrames);
  for (const name of names) expect(server.facts(name).pulled).toBeLessThan(stalledFrames);
  alice.socket.terminate();
  mallory.socket.terminate();
  for (const name of [...names, 'alice']) await server.facts(name).returned.promise;
});

test('a client that reads again after a pause gets every value in order', async () => {
  const server = await openServer();
  const alice = await openKnown(server.url);
  const query = 'subscription ($text: String) { count(to: 5000, name: $text) { value } }';
  const text = 'x'.repeat(5_000);
  alice.send({ type: 'subscribe', id: 'i'.repeat(200), payload: { query, variables: { text } } });
  alice.socket.pause();
  await server.facts(text).subscribed.promise;
  alice.socket.resume();
  await alice.until(5_002);
  const values = alice.messages.slice(1, -1).map((message) => {
    const { payload } = message as { payload: { data: { count: { value: number } } } };
    return payload.data.count.value;
  });
  expect(values).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  expect(alice.messages.at(-1)).toMatchObject({ type: 'complete' });
  alice.socket.close();
});

test('a source that never yields to the event loop blocks neither other clients nor its own end', async () => {
  const server = await openServer();
  const mallory = await openKnown(server.url);
  mallory.send(floodOf('small', 1));
  await mallory.until(100);
  const alice = await openKnown(server.url);
  alice.send({ type: 'subscribe', id: '1', payload: { query: '{ hello }' } });
  await alice.until(3);
  mallory.send({ type: 'complete', id: 'small' });
  await server.facts('small').returned.promise;
  for (const { socket } of [alice, mallory]) socket.terminate();
});

test('a client that sends without pause and reads nothing is not read either, so that no answers pile up', async () => {
  const server = await openServer();
  const mallory = await openKnown(server.url);
  const refused = (id: number) =>
    JSON.stringify({
      type: 'subscribe',
      id: String(id).padStart(250),
      payload: { query: '{ unknownField }' },
    });
  mallory.socket.pause();
  const heapBefore = process.memoryUsage().heapUsed;
  // 20 MB of messages, each with an answer that is longer.
  for (let count = 0; count < 60_000; count += 1) mallory.send(refused(count));
  for (let count = 0; count < 60_000; count += 1) mallory.socket.ping('x'.repeat(100));
  const alice = await openKnown(server.url);
  alice.send({ type: 'subscribe', id: '1', payload: { query: '{ hello }' } });
  await alice.until(3);
  // What the gateway does not read stays with the client.
  expect(mallory.socket.bufferedAmount).toBeGreaterThan(10_000_000);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(200_000_000);
  for (const { socket } of [alice, mallory]) socket.terminate();
});
