import { expect, onTestFinished, test } from 'vitest';
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
  return {
    ...server,
    single: server.client({ singleConnection: true, headers: () => ({ 'x-user': 'alice' }) }),
  };
}

const token = 'x-graphql-event-stream-token';

/** Alice's client without a library. It has reserved a stream. */
async function reserve({ url }: Pick<StreamServer, 'url'>) {
  const reservation = await fetch(url, { method: 'PUT', headers: { 'x-user': 'alice' } });
  const headers = { 'x-user': 'alice', [token]: await reservation.text() };
  return {
    reservation,
    headers,
    open: () => fetch(url, { headers: { ...headers, ...acceptStream } }),
    start: (operationId: unknown, query: string, more: Record<string, string> = {}) =>
      fetch(url, {
        method: 'POST',
        headers: { ...headers, ...sendJson, ...more },
        body: JSON.stringify({ query, extensions: { operationId } }),
      }),
    stop: (operationId: string) => fetch(`${url}?operationId=${operationId}`, { method: 'DELETE', headers }),
  };
}

/** Reads events until this many operations are complete. */
async function readUntilComplete(response: Response, completions = 1) {
  const events: unknown[] = [];
  let left = completions;
  for await (const { event, data } of readEvents(response)) {
    events.push([event, JSON.parse(data)]);
    if (event === 'complete') left -= 1;
    if (left === 0) break;
  }
  return events;
}

test('queries, mutations and subscriptions share one connection and do not mix', async () => {
  const { single } = await openServer();
  const [query, mutation, short, long] = await Promise.all([
    collect(single, { query: '{ hello user }' }),
    collect(single, { query: 'mutation { remember(text: "milk") }' }),
    collect(single, { query: 'subscription { count(to: 2) { value } }' }),
    collect(single, { query: 'subscription { count(to: 200) { value } }' }),
  ]);
  expect(query).toEqual([{ data: { hello: 'world', user: 'alice' } }]);
  expect(mutation).toEqual([{ data: { remember: 'milk' } }]);
  expect(short).toEqual([{ data: { count: { value: 1 } } }, { data: { count: { value: 2 } } }]);
  expect(long).toHaveLength(200);
});

test.each([
  ['a syntax error', '{ hello', 'Syntax Error: Expected Name, found <EOF>.'],
  ['a validation error', '{ goodbye }', 'Cannot query field "goodbye" on type "Query".'],
  ['a refused subscription', 'subscription { refused }', 'Not yours.'],
  ['a crashed subscription', 'subscription { crashed }', 'Something went wrong inside the gateway.'],
  ['a source that throws', 'subscription { broken(after: 0) }', 'Something went wrong inside the gateway.'],
])('the client shows %s as a GraphQL error, without a retry', async (_, query, message) => {
  const { single } = await openServer();
  expect(await collect(single, { query })).toEqual([{ errors: [expect.objectContaining({ message })] }]);
  expect(await collect(single, { query: '{ hello }' })).toEqual([{ data: { hello: 'world' } }]);
});

test('a request that names JSON is answered 400 with the errors in its document, and its id stays free', async () => {
  const alice = await reserve(await openServer());
  const refused = await alice.start('1', '{ goodbye }', { accept: 'application/json' });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    errors: [
      {
        message: 'Cannot query field "goodbye" on type "Query".',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
  });
  expect((await alice.start('1', '{ hello }')).status).toBe(202);
});

test('an operation that completes before the stream is opened is kept until it opens', async () => {
  const alice = await reserve(await openServer());
  expect(alice.reservation.status).toBe(201);
  expect((await alice.start('1', 'mutation { remember(text: "milk") }')).status).toBe(202);
  expect(await readUntilComplete(await alice.open())).toEqual([
    ['next', { id: '1', payload: { data: { remember: 'milk' } } }],
    ['complete', { id: '1' }],
  ]);
});

test('a subscription starts before the stream is opened, but nothing is pulled from it', async () => {
  const server = await openServer();
  const alice = await reserve(server);
  await alice.start('1', 'subscription { flood(name: "early", bytes: 10) }');
  await alice.start('2', '{ hello }');
  expect(server.facts('early').pulled).toBe(0);
  for await (const { data } of readEvents(await alice.open())) {
    if (JSON.parse(data).id === '1') break;
  }
  expect(server.facts('early').pulled).toBeGreaterThan(0);
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '🦊', 'a"b\n'])(
  'the operation id %j is an id like any other',
  async (id) => {
    const alice = await reserve(await openServer());
    expect((await alice.start(id, '{ hello }')).status).toBe(202);
    expect(await readUntilComplete(await alice.open())).toEqual([
      ['next', { id, payload: { data: { hello: 'world' } } }],
      ['complete', { id }],
    ]);
  },
);

test('an id is taken while its operation runs, and free once it was stopped or is complete', async () => {
  const server = await openServer();
  const alice = await reserve(server);
  const stream = await alice.open();
  await alice.start('1', 'subscription { silence(name: "first") }');
  const taken = await alice.start('1', '{ hello }');
  expect(taken.status).toBe(409);
  expect(await taken.json()).toEqual({
    errors: [
      {
        message: 'An operation with this id is already running on the stream.',
        extensions: { code: 'CONFLICT' },
      },
    ],
  });
  expect((await alice.stop('1')).status).toBe(200);
  expect((await alice.start('1', '{ hello }')).status).toBe(202);
  await readUntilComplete(stream);
  expect((await alice.stop('1')).status).toBe(200);
});

test('a stream carries only so many operations at a time', async () => {
  const alice = await reserve(await openServer({ maxOperationsPerStream: 1 }));
  await alice.start('1', 'subscription { silence(name: "first") }');
  const refused = await alice.start('2', '{ hello }');
  expect(refused.status).toBe(429);
  const limit = { limit: 'MAX_OPERATIONS_PER_STREAM' };
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: 'RATE_LIMITED', ...limit } }],
  });
  await alice.stop('1');
  expect((await alice.start('2', '{ hello }')).status).toBe(202);
});

test.each([[undefined], [null], [''], [{}], [true], ['x'.repeat(257)]])(
  'the operation id %j is refused',
  async (id) => {
    const alice = await reserve(await openServer());
    const refused = await alice.start(id, '{ hello }');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  },
);

test('a client that keeps one static headers object can connect again', async () => {
  const { client } = await openServer();
  const single = client({ singleConnection: true, headers: { 'x-user': 'alice' } });
  for (let round = 0; round < 3; round += 1) {
    expect(await collect(single, { query: '{ hello }' })).toEqual([{ data: { hello: 'world' } }]);
  }
});

test('the token may come as a search parameter', async () => {
  const { url } = await openServer();
  const reserved = await (await fetch(url, { method: 'PUT' })).text();
  const started = await fetch(`${url}?token=${reserved}`, {
    method: 'POST',
    headers: sendJson,
    body: JSON.stringify({ query: '{ hello }', extensions: { operationId: 1 } }),
  });
  expect(started.status).toBe(202);
  expect(await readUntilComplete(await fetch(`${url}?token=${reserved}`, { headers: acceptStream }))).toEqual(
    [
      ['next', { id: '1', payload: { data: { hello: 'world' } } }],
      ['complete', { id: '1' }],
    ],
  );
});

test('an operation may be sent with GET; a mutation may not', async () => {
  const { url } = await openServer();
  const alice = await reserve({ url });
  const get = (query: string) =>
    fetch(`${url}?${new URLSearchParams({ query, extensions: '{"operationId":"1"}' })}`, {
      headers: alice.headers,
    });
  const refused = await get('mutation { remember(text: "milk") }');
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
  expect((await get('{ hello }')).status).toBe(202);
});
