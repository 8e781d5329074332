import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { sendRaw } from '../../support/http/raw-http.ts';
import { openKnown, openRaw, startSocketServer } from './socket-server.ts';

let server: Awaited<ReturnType<typeof startSocketServer>>;
beforeAll(async () => {
  server = await startSocketServer({ maxOperations: 3 });
});
afterAll(() => server[Symbol.asyncDispose]());

const as = (name: string) => ({ Authorization: `Bearer ${name}` });
const subscribe = (id: string, query: string) => ({ type: 'subscribe', id, payload: { query } });

async function collect(query: string, variables = {}) {
  const results: unknown[] = [];
  for await (const result of server.client().iterate({ query, variables })) results.push(result);
  return results;
}

describe("graphql-ws's own client", () => {
  test('a query, a mutation and a subscription get their results', async () => {
    expect(await collect('{ hello }')).toEqual([{ data: { hello: 'world' } }]);
    expect(await collect('mutation { remember(text: "x") }')).toEqual([{ data: { remember: 'x' } }]);
    expect(await collect('subscription { count(to: 3) { value } }')).toEqual(
      [1, 2, 3].map((value) => ({ data: { count: { value } } })),
    );
  });

  test.each([
    ['does not fit the schema', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['is no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
    ['is missing', '', 'BAD_REQUEST'],
  ])('a document that %s is refused with an error message', async (_what, query, code) => {
    await expect(collect(query)).rejects.toMatchObject([{ extensions: { code } }]);
  });

  test('a failure within a subscription is masked, and ends only its operation', async () => {
    const [first, last, ...more] = await collect('subscription { broken(after: 1) }');
    expect(first).toEqual({ data: { broken: 1 } });
    expect(JSON.stringify(last)).not.toContain('hunter2');
    expect(last).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
    expect(more).toEqual([]);
    expect(await collect('{ hello }')).toEqual([{ data: { hello: 'world' } }]);
  });

  test('a client that leaves a subscription ends its source, and keeps its socket', async () => {
    const client = server.client({ lazy: false });
    const numbers = client.iterate({ query: 'subscription { silence(name: "left") }' });
    expect((await numbers.next()).value).toEqual({ data: { silence: 1 } });
    await numbers.return?.();
    await server.facts('left').returned.promise;
    for await (const result of client.iterate({ query: '{ hello }' })) {
      expect(result).toEqual({ data: { hello: 'world' } });
    }
  });
});

describe('a socket is closed', () => {
  test.each<[string, string | object, number]>([
    ['4400', 'no JSON', 4400],
    ['4400', '[]', 4400],
    ['4400', { type: 'start', id: '1' }, 4400],
    ['4400', { type: 'connection_init', payload: 'text' }, 4400],
    ['4400', { type: 'connection_init', payload: { Authorization: 7 } }, 4400],
    ['4400', { type: 'connection_init', payload: { authorization: 'a\nb' } }, 4400],
    ['4401', subscribe('1', '{ hello }'), 4401],
    ['4403', { type: 'connection_init', payload: as('nobody') }, 4403],
    ['4403', { type: 'connection_init', payload: { headers: { authorization: 'Bearer nobody' } } }, 4403],
    ['1013', { type: 'connection_init', payload: as('unlucky') }, 1013],
    ['4500', { type: 'connection_init', payload: as('boom') }, 4500],
  ])('with %s for the first message %j', async (_name, message, code) => {
    const client = await openRaw(server.url);
    client.send(message);
    const closed = await client.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).not.toContain('hunter2');
    expect(client.messages).toEqual([]);
  });

  test.each<[string, object[], number]>([
    ['a second initialisation', [{ type: 'connection_init' }], 4429],
    [
      'an id in use',
      [subscribe('1', 'subscription { silence(name: "a") }'), subscribe('1', '{ hello }')],
      4409,
    ],
    ['an id that is no text', [{ type: 'subscribe', id: 7, payload: {} }], 4400],
    ['an id that is empty', [{ type: 'complete', id: '' }], 4400],
    ['a long id', [subscribe('x'.repeat(257), '{ hello }')], 4400],
  ])('after %s', async (_what, messages, code) => {
    const client = await openKnown(server.url);
    for (const message of messages) client.send(message);
    expect((await client.closed).code).toBe(code);
  });

  test('with 4406 if it speaks no protocol, or only the old one', async () => {
    const socket = new WebSocket(server.url);
    expect((await once(socket, 'close'))[0]).toBe(4406);
    // The client of `ws` ends a connection without one of its protocols by itself.
    const old = new WebSocket(server.url, 'graphql-ws');
    expect(String((await once(old, 'error'))[0])).toContain('no subprotocol');
  });

  test('with 1009 for a message that is too long, also in fragments, and 4400 for a binary one', async () => {
    const long = await openKnown(server.url);
    long.send({ type: 'ping', payload: { text: 'x'.repeat(10_001) } });
    expect((await long.closed).code).toBe(1009);
    const fragmented = await openKnown(server.url);
    for (let count = 0; count < 20; count += 1) fragmented.socket.send('x'.repeat(1_000), { fin: false });
    expect((await fragmented.closed).code).toBe(1009);
    const binary = await openKnown(server.url);
    binary.socket.send(Buffer.from('{"type":"ping"}'));
    expect((await binary.closed).code).toBe(4400);
  });
});

test('a ping is answered, and a pong and a completion of nothing are not', async () => {
  const client = await openKnown(server.url);
  for (const message of [{ type: 'pong' }, { type: 'complete', id: 'unknown' }, { type: 'ping' }]) {
    client.send(message);
  }
  await client.until(2);
  expect(client.messages).toEqual([{ type: 'connection_ack' }, { type: 'pong' }]);
  client.socket.ping('hello');
  expect(String((await once(client.socket, 'pong'))[0])).toBe('hello');
  client.socket.close();
});

test('more operations than allowed are refused, those that are stopped and still running included, and the socket goes on', async () => {
  const client = await openKnown(server.url);
  for (const id of ['1', '2', '3', '4']) client.send(subscribe(id, `{ wait(name: "op-${id}") }`));
  await client.until(2);
  expect(client.messages.at(-1)).toMatchObject({
    id: '4',
    type: 'error',
    payload: [{ extensions: { code: 'RATE_LIMITED', limit: 'MAX_OPERATIONS_PER_STREAM' } }],
  });
  for (const id of ['1', '2', '3']) client.send({ type: 'complete', id });
  await server.facts('op-3').aborted.promise;
  await expect
    .poll(() => {
      client.send(subscribe(`again-${client.messages.length}`, '{ hello }'));
      return JSON.stringify(client.messages.at(-1));
    })
    .toContain('complete');
  client.socket.close();
});

test('an owner with too many sockets is told to try later, and another owner is not', async () => {
  await using limited = await startSocketServer({ maxSocketsPerOwner: 2 });
  const carols = [await openKnown(limited.url, as('carol')), await openKnown(limited.url, as('carol'))];
  const third = await openRaw(limited.url);
  third.send({ type: 'connection_init', payload: as('carol') });
  expect(await third.closed).toEqual({ code: 1013, reason: 'You already have 2 sockets; close one first.' });
  await openKnown(limited.url, as('dave'));
  carols[0]?.socket.close();
  await carols[0]?.closed;
  await openKnown(limited.url, as('carol'));
});

test('a handshake that is wrong is answered with the reason', async () => {
  const request = (headers: string) =>
    sendRaw(
      server.url.replace('ws:', 'http:'),
      `GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`,
    );
  for (const headers of ['', 'sec-websocket-version: 13\r\nsec-websocket-key: short\r\n']) {
    const answer = await request(headers);
    expect(answer).toMatch(/^HTTP\/1.1 400 .*\r\n/);
    expect(answer).toContain('"code":"BAD_REQUEST"');
  }
});

test('the log says which operation ran on a socket, and how it ended', async () => {
  const client = await openKnown(server.url);
  client.send(subscribe('1', 'subscription { silence(name: "logged") }'));
  await server.facts('logged').subscribed.promise;
  client.socket.terminate();
  await server.facts('logged').returned.promise;
  await expect
    .poll(() => server.logged.filter(({ ended }) => ended === 'the client left').length)
    .toBeGreaterThan(0);
});
