import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatewayError } from '../../src/client/errors.ts';
import type { SubscribeOptions } from '../../src/client/transport.ts';
import { watch } from '../../src/client/watch.ts';

const lost = new GatewayError('The gateway cannot be reached.', 'UNREACHABLE');
const signal = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Watches connections that end as they are told to, and collects the number of each failed attempt in a row. */
async function watchConnections(...connections: ((onOpen: () => void) => AsyncGenerator<string>)[]) {
  const attempts: number[] = [];
  const subscribe = ({ onOpen = () => {} }: SubscribeOptions) => {
    const [next] = connections.splice(0, 1);
    if (!next) throw new Error('There is no other connection.');
    return next(onOpen);
  };
  const retry = async ({ attempt }: { attempt: number }) => void attempts.push(attempt);
  const seen: string[] = [];
  for await (const item of watch(subscribe, retry, { signal })) seen.push(item);
  return { attempts, seen };
}

async function* fail(): AsyncGenerator<string> {
  yield* [];
  throw lost;
}

async function* deliverAndFail(): AsyncGenerator<string> {
  yield 'something';
  throw lost;
}

async function* openForSixSeconds(onOpen: () => void): AsyncGenerator<string> {
  onOpen();
  await vi.advanceTimersByTimeAsync(6_000);
  yield* fail();
}

async function* complete(): AsyncGenerator<string> {
  yield 'the end';
}

test('a watched subscription counts the attempts that fail in a row', async () => {
  expect(await watchConnections(fail, fail, fail, complete)).toEqual({
    attempts: [1, 2, 3],
    seen: ['the end'],
  });
});

test('a watched subscription counts anew after a connection that brought something', async () => {
  expect(await watchConnections(fail, fail, deliverAndFail, fail, complete)).toEqual({
    attempts: [1, 2, 1, 2],
    seen: ['something', 'the end'],
  });
});

test('a watched subscription counts anew after a connection that was silent, but open for long', async () => {
  expect((await watchConnections(fail, fail, openForSixSeconds, fail, complete)).attempts).toEqual([
    1, 2, 1, 2,
  ]);
});
