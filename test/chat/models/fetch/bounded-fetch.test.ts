import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createBoundedFetch } from '../../../../src/chat/models/fetch/bounded-fetch.ts';

test('the package of a provider gets a large response in small pieces, and other work runs in between', async () => {
  const sent = ': a comment\n\n'.repeat(100_000);
  await using server = createServer((_, response) => response.end(sent)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { body } = await createBoundedFetch(fetch)(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  let [received, turns, isReading] = ['', 0, true];
  const countTurn = () => {
    turns += 1;
    if (isReading) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  for await (const piece of body ?? []) {
    expect(piece.length).toBeLessThanOrEqual(32_768);
    received += Buffer.from(piece).toString('latin1');
    // The package parses the piece.
    const endsAt = performance.now() + 5;
    while (performance.now() < endsAt);
  }
  isReading = false;
  expect(received).toBe(sent);
  expect(turns).toBeGreaterThan(10);
});
