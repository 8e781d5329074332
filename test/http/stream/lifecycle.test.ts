import { expect, onTestFinished, test, vi } from 'vitest';
import {
  acceptStream,
  collect,
  readEvents,
  type StreamServer,
  sendJson,
  startStreamServer,
} from './stream-server.ts';

async function openServer(...args: Parameters<typeof startStreamServer>) {
  const server = await startStreamServer(...args);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const token = 'x-graphql-event-stream-token';

const reserve = ({ url }: StreamServer, user = 'alice') =>
  fetch(url, { method: 'PUT', headers: { 'x-user': user } });

function startOn(server: StreamServer, reserved: string, query: string, user = 'alice') {
  return fetch(server.url, {
    method: 'POST',
    headers: { ...sendJson, 'x-user': user, [token]: reserved },
    body: JSON.stringify({ query, extensions: { operationId: '1' } }),
  });
}

const openWith = ({ url }: StreamServer, reserved: string, init: RequestInit = {}, user = 'alice') =>
  fetch(url, { headers: { ...acceptStream, 'x-user': user, [token]: reserved }, ...init });

test.each([false, true])(
  'a client that unsubscribes aborts the signal and closes the source (single connection: %s)',
  async (singleConnection) => {
    const server = await openServer();
    const client = server.client({ singleConnection, headers: () => ({}) });
    const [stopped, kept] = ['stopped', 'kept'].map((name) =>
      client.iterate({ query: `subscription { silence(name: "${name}") }` }),
    );
    // The client can unsubscribe only after a result.
    await Promise.all([stopped?.next(), kept?.next()]);
    await stopped?.return?.();
    const facts = server.facts('stopped');
    await Promise.all([facts.aborted.promise, facts.returned.promise]);
    expect(server.facts('kept').aborted.happened).toBe(false);
    await kept?.return?.();
    await server.facts('kept').returned.promise;
  },
);

test.each([false, true])(
  'a client that vanishes aborts its operations and closes their sources (single connection: %s)',
  async (singleConnection) => {
    const server = await openServer();
    const client = server.client({ singleConnection, headers: () => ({}) });
    const queries = [
      'subscription { silence(name: "silent") }',
      'subscription { deaf(name: "deaf") }',
      '{ wait(name: "slow") }',
    ];
    for (const query of queries)
      client.subscribe({ query }, { next: () => {}, error: () => {}, complete: () => {} });
    const [silent, deaf, slow] = [server.facts('silent'), server.facts('deaf'), server.facts('slow')];
    await Promise.all([silent.subscribed.promise, deaf.subscribed.promise, slow.subscribed.promise]);
    client.dispose();
    await Promise.all([
      silent.aborted.promise,
      silent.returned.promise,
      deaf.returned.promise,
      slow.aborted.promise,
    ]);
    expect(server.logged).toEqual([]);
  },
);

test.each([false, true])(
  'an operation that has completed is not aborted when its stream closes (single connection: %s)',
  async (singleConnection) => {
    const server = await openServer();
    await collect(server.client({ singleConnection, headers: () => ({}) }), { query: '{ hello }' });
    await server.handle[Symbol.asyncDispose]();
    expect(server.signals.map((signal) => signal.aborted)).toEqual([false]);
  },
);

test('a stream that was closed is gone, and its token opens nothing', async () => {
  const server = await openServer();
  const reserved = await (await reserve(server)).text();
  const leaving = new AbortController();
  await openWith(server, reserved, { signal: leaving.signal });
  await startOn(server, reserved, 'subscription { silence(name: "silent") }');
  leaving.abort();
  await server.facts('silent').returned.promise;
  expect((await openWith(server, reserved)).status).toBe(404);
  expect((await startOn(server, reserved, '{ hello }')).status).toBe(404);
});

test('a token opens only one connection', async () => {
  const server = await openServer();
  const reserved = await (await reserve(server)).text();
  await openWith(server, reserved);
  const second = await openWith(server, reserved);
  expect(second.status).toBe(409);
  expect(await second.json()).toEqual({
    errors: [{ message: 'The stream is open already.', extensions: { code: 'CONFLICT' } }],
  });
});

test('a token works only for its owner, and the attempt of another user does not disturb its stream', async () => {
  const server = await openServer();
  const reserved = await (await reserve(server, 'alice')).text();
  expect((await openWith(server, reserved, {}, 'bob')).status).toBe(404);
  expect((await startOn(server, reserved, '{ hello }', 'bob')).status).toBe(404);
  await startOn(server, reserved, 'subscription { silence(name: "silent") }');
  const stop = await fetch(`${server.url}?operationId=1`, {
    method: 'DELETE',
    headers: { 'x-user': 'bob', [token]: reserved },
  });
  expect(stop.status).toBe(404);
  expect(server.facts('silent').aborted.happened).toBe(false);
  expect((await openWith(server, reserved, {}, 'alice')).status).toBe(200);
});

test('tokens are random UUIDs, also when the client sends a token', async () => {
  const server = await openServer();
  const tokens = new Set<string>();
  for (let round = 0; round < 5; round += 1) {
    const response = await fetch(server.url, { method: 'PUT', headers: { [token]: 'chosen' } });
    tokens.add(await response.text());
  }
  expect(tokens.size).toBe(5);
  for (const value of tokens)
    expect(value).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test('reserved streams are limited, and open streams do not count', async () => {
  const server = await openServer({ maxReservations: 2 });
  const first = await (await reserve(server)).text();
  await reserve(server);
  const refused = await reserve(server);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  const limit = { limit: 'MAX_STREAM_RESERVATIONS', retryAfter: 60 };
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: 'RATE_LIMITED', ...limit } }],
  });
  await openWith(server, first);
  expect((await reserve(server)).status).toBe(201);
});

test('streams of one owner are limited, reserved or open, and streams of other owners do not count', async () => {
  const server = await openServer({ maxStreamsPerOwner: 1 });
  const first = await (await reserve(server)).text();
  const refused = await reserve(server);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  const limit = { limit: 'MAX_STREAMS_PER_USER', retryAfter: 60 };
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: 'RATE_LIMITED', ...limit } }],
  });
  expect((await reserve(server, 'bob')).status).toBe(201);
  const leaving = new AbortController();
  await openWith(server, first, { signal: leaving.signal });
  expect((await reserve(server)).status).toBe(429);
  leaving.abort();
  await vi.waitFor(async () => expect((await reserve(server)).status).toBe(201));
});

test('a reservation that expires no longer counts for its owner', async () => {
  const server = await openServer({ maxStreamsPerOwner: 1, reservationTtlMs: 50 });
  await reserve(server);
  await vi.waitFor(async () => expect((await reserve(server)).status).toBe(201));
});

test('a stream without operations ends at once when the token of its owner becomes invalid', async () => {
  const lapsing = new AbortController();
  const disposed = vi.fn();
  const watch = () => ({ signal: lapsing.signal, [Symbol.dispose]: disposed });
  const server = await openServer({ owner: () => ({ name: 'alice', watch }) });
  const stream = await openWith(server, await (await reserve(server)).text());
  expect(disposed).not.toHaveBeenCalled();
  lapsing.abort();
  expect(await stream.text()).toMatch(/^(:\n)*$/);
  await vi.waitFor(() => expect(disposed).toHaveBeenCalledOnce());
});

test('a stream that is opened after the token of its owner became invalid ends at once', async () => {
  const watch = () => ({ signal: AbortSignal.abort(), [Symbol.dispose]: () => {} });
  const server = await openServer({ owner: () => ({ name: 'alice', watch }) });
  const stream = await openWith(server, await (await reserve(server)).text());
  expect(await stream.text()).toMatch(/^(:\n)*$/);
});

test('a stream refuses new operations when the token of its owner becomes invalid', async () => {
  const lapsing = new AbortController();
  const watch = () => ({ signal: lapsing.signal, [Symbol.dispose]: () => {} });
  const server = await openServer({ owner: () => ({ name: 'alice', watch }) });
  const reserved = await (await reserve(server)).text();
  await openWith(server, reserved);
  await startOn(server, reserved, 'subscription { silence(name: "silent") }');
  await server.facts('silent').subscribed.promise;
  lapsing.abort();
  expect((await startOn(server, reserved, '{ hello }')).status).toBe(404);
});

test('a stream delivers its running operations to their end when the token of its owner becomes invalid', async () => {
  const lapsing = new AbortController();
  const watch = () => ({ signal: lapsing.signal, [Symbol.dispose]: () => {} });
  const server = await openServer({ owner: () => ({ name: 'alice', watch }) });
  const reserved = await (await reserve(server)).text();
  const stream = await openWith(server, reserved);
  const events = readEvents(stream);
  await startOn(server, reserved, 'subscription { count(to: 200) { value } }');
  await events.next();
  lapsing.abort();
  const rest: (string | undefined)[] = [];
  for await (const { event } of events) rest.push(event);
  expect(rest).toEqual([...Array(199).fill('next'), 'complete']);
});

test('a reservation that is not opened in time expires with its operations and no longer counts', async () => {
  const server = await openServer({ maxReservations: 1, reservationTtlMs: 50 });
  const reserved = await (await reserve(server)).text();
  await startOn(server, reserved, 'subscription { silence(name: "silent") }');
  await Promise.all([server.facts('silent').aborted.promise, server.facts('silent').returned.promise]);
  expect((await openWith(server, reserved)).status).toBe(404);
  expect((await reserve(server)).status).toBe(201);
});

test('a reservation that was opened in time does not expire', async () => {
  const server = await openServer({ maxReservations: 1, reservationTtlMs: 50 });
  const reserved = await (await reserve(server)).text();
  const stream = await openWith(server, reserved);
  const later = await (await reserve(server)).text();
  await vi.waitFor(async () => expect((await startOn(server, later, '{ hello }')).status).toBe(404));
  expect((await startOn(server, reserved, '{ hello }')).status).toBe(202);
  const { value } = await readEvents(stream).next();
  expect(value?.data).toBe('{"id":"1","payload":{"data":{"hello":"world"}}}');
});

test('disposing closes every stream and source, refuses what comes after, and leaves nothing running', async () => {
  const server = await openServer();
  const distinct = await fetch(`${server.url}?query=subscription{silence(name:"distinct")}`, {
    headers: acceptStream,
  });
  const [open, waiting] = [await (await reserve(server)).text(), await (await reserve(server)).text()];
  const single = await openWith(server, open);
  await startOn(server, open, 'subscription { silence(name: "single") }');
  await startOn(server, waiting, 'subscription { silence(name: "waiting") }');
  await server.facts('distinct').subscribed.promise;
  await server.handle[Symbol.asyncDispose]();
  for (const name of ['distinct', 'single', 'waiting']) {
    expect(server.facts(name).aborted.happened).toBe(true);
    expect(server.facts(name).returned.happened).toBe(true);
  }
  // Without "complete": a client that sees its operation cut off connects again, to another gateway.
  for (const response of [distinct, single]) expect(await response.text()).not.toContain('complete');
  const late = await reserve(server);
  expect(late.status).toBe(503);
  expect(await late.json()).toMatchObject({ errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] });
});

test('heartbeats go out at once and keep a silent stream alive', async () => {
  const server = await openServer({ heartbeatMs: 5 });
  const response = await fetch(`${server.url}?query=subscription{silence(name:"silent")}`, {
    headers: acceptStream,
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.split(/^:\n/m).length > 5) break;
  }
  expect(text).toMatch(/^(:\n)+(event: next\ndata: .*\n\n)?(:\n)+$/);
});
