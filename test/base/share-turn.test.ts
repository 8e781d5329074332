import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { shareTurn } from '../../src/base/share-turn.ts';

/** Works in pieces of 2 ms until it is told to stop. */
function work() {
  const state = { pieces: 0, stopped: false };
  const done = (async () => {
    while (!state.stopped) {
      await shareTurn();
      state.pieces += 1;
      const endsAt = performance.now() + 2;
      while (performance.now() < endsAt);
    }
  })();
  return {
    state,
    async [Symbol.asyncDispose]() {
      state.stopped = true;
      await done;
    },
  };
}

test('connections that arrive together are accepted within a few turns of work', async () => {
  const connections = 40;
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    if (accepted === connections) server.emit('all accepted');
    socket.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const all = once(server, 'all accepted');
  const clients = Array.from({ length: connections }, () => connect(port, '127.0.0.1').resume());
  {
    await using busy = work();
    await all;
    // One connection in each turn would be 40 turns, of 5 pieces each.
    expect(busy.state.pieces).toBeLessThan(100);
  }
  for (const client of clients) client.destroy();
  server.close();
});

test('timers fire while several chains of work share the event loop', async () => {
  await using _alice = work();
  await using _bob = work();
  for (let fired = 0; fired < 3; fired += 1) await new Promise((resolve) => setTimeout(resolve, 1));
});

test('a new request starts while work is in progress, and the work continues', async () => {
  await using busy = work();
  for (let started = 0; started < 20; started += 1) await shareTurn('start');
  const { pieces } = busy.state;
  await expect.poll(() => busy.state.pieces).toBeGreaterThan(pieces);
});

test('new requests do not hold up work that is in progress', async () => {
  let isFlooding = true;
  const flood = Array.from({ length: 10 }, async () => {
    while (isFlooding) {
      await shareTurn('start');
      const endsAt = performance.now() + 2;
      while (performance.now() < endsAt);
    }
  });
  for (let piece = 0; piece < 20; piece += 1) await shareTurn();
  isFlooding = false;
  await Promise.all(flood);
});
