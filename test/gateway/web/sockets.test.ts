import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { chatDocument, runEventsDocument, textOf } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import {
  askOverSocket,
  handshake,
  runEventsOverSocket,
  type SocketClient,
  socketClient,
} from '../../support/gateway/sockets.ts';
import { startCuttingProxy } from '../../support/http/cutting-proxy.ts';
import { sendRaw } from '../../support/http/raw-http.ts';
import { createGate, silence, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({ settings: { LOG_LEVEL: 'info', CORS_ORIGINS: 'https://app.example' } });

async function collectChat(client: SocketClient, variables: Record<string, unknown>) {
  const seen = [];
  for await (const event of runEventsOverSocket(client, chatDocument, variables)) seen.push(event);
  return seen;
}

test('a chat over graphql-ws has the events of a chat over graphql-sse, and a query its data', async () => {
  const gateway = shared();
  gateway.model.script([text('Hello, ', 'alice.')]);
  const client = socketClient(gateway.url);
  const created = await askOverSocket(client, 'mutation { createSession(input: {}) { id } }');
  const sessionId = created.data.createSession.id;
  const seen = await collectChat(client, { input: { sessionId, prompt: 'Hi' } });
  expect(textOf(seen)).toBe('Hello, alice.');
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Hello, alice.' } });
  const query = 'query ($id: ID!) { session(id: $id) { messages(first: 5) { edges { node { role } } } } }';
  expect(await askOverSocket(client, query, { id: sessionId })).toEqual(
    await gateway.graphql(query, { id: sessionId }),
  );
});

test('a chat whose socket is cut is sent again with its requestId and the last seq, and misses and repeats nothing', async () => {
  const gateway = shared();
  const gate = createGate();
  gateway.model.script([text('One, ', 'two, '), gate, text('three.')]);
  const sessionId = await gateway.createSession();
  await using proxy = await startCuttingProxy(gateway.url, ['two, "']);
  const client = socketClient(proxy.url);
  const input = { sessionId, prompt: 'Count', requestId: crypto.randomUUID() };
  const seen: { seq: number; __typename: string }[] = [];
  const read = async (after?: number) => {
    for await (const event of runEventsOverSocket(client, chatDocument, { input, after })) seen.push(event);
  };
  await expect(read()).rejects.toBeDefined();
  gate.release();
  await read(seen.at(-1)?.seq);
  expect(proxy.cuts).toBe(1);
  expect(seen.map(({ seq }) => seq)).toEqual([...new Set(seen.map(({ seq }) => seq))].sort((a, b) => a - b));
  expect(textOf(seen as never)).toBe('One, two, three.');
  expect(gateway.model.requests).toHaveLength(1);
});

test('a mutation may come over a socket, and a document of a list page costs as much as over HTTP', async () => {
  const client = socketClient(shared().url);
  const deep = `{ sessions(first: 100) { edges { node { messages(first: 100) { edges { node { content } } } } } } }`;
  await expect(
    askOverSocket(
      client,
      deep.replace('content', 'session { messages(first: 100) { edges { node { content } } } }'),
    ),
  ).rejects.toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }]);
});

test('a page of another origin gets no socket, and one of an allowed origin or of the gateway does', async () => {
  const { url } = shared();
  expect(await handshake(url, { origin: 'https://mallory.example' })).toBe(403);
  expect(await handshake(url, { origin: 'null' })).toBe(403);
  expect(await handshake(url, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'websocket' })).toBe(403);
  expect(await handshake(url, { host: 'mallory.example' })).toBe(421);
  expect(await handshake(url, { origin: 'https://app.example' })).toBe(101);
  expect(await handshake(url, { origin: url })).toBe(101);
});

test('a request that offers another upgrade, or asks for a socket elsewhere, is a plain request', async () => {
  const gateway = shared();
  const { host } = new URL(gateway.url);
  const h2c =
    'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';
  const body = JSON.stringify({ query: '{ viewer { userId } }' });
  const post = (headers: string) =>
    `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
  // Two requests on one connection, the second of which ends it.
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(post(h2c));
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 OK[\s\S]*"anonymous"/);
  socket.write(post('connection: close\r\n'));
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 OK/);
  await once(socket, 'close');
  const elsewhere = `GET /health/live HTTP/1.1\r\nhost: ${host}\r\nconnection: close, Upgrade\r\nupgrade: websocket\r\n\r\n`;
  expect(await sendRaw(gateway.url, elsewhere)).toMatch(/^HTTP\/1.1 200 OK/);
});

test('the access log has one line for a socket, with its status and how long it lasted, and one for each operation', async () => {
  const gateway = shared();
  const client = socketClient(gateway.url);
  await askOverSocket(client, 'query Name { viewer { userId } }');
  await client.dispose();
  const find = (what: Record<string, unknown>) =>
    gateway.lines.find((line) => Object.entries(what).every(([key, value]) => line[key] === value));
  await expect
    .poll(() => find({ msg: 'operation ended', operationName: 'Name' }))
    .toMatchObject({ rootFields: ['viewer'], ended: 'complete' });
  const httpRequestId = find({ operationName: 'Name' })?.['httpRequestId'];
  await expect
    .poll(() => find({ msg: 'request', httpRequestId }))
    .toMatchObject({ status: 101, path: '/graphql', ended: 'the client left' });
});

test('the token may be a header or a connection parameter, and without one there is no operation', async () => {
  await using gateway = await startTestGateway({ settings: jwtSettings });
  const authorization = `Bearer ${await signJwt({ sub: 'alice' })}`;
  const userIdWith = async (options: Parameters<typeof socketClient>[1]) => {
    const { data } = await askOverSocket(socketClient(gateway.url, options), '{ viewer { userId } }');
    return data.viewer.userId;
  };
  expect(await userIdWith({ connectionParams: { Authorization: authorization } })).toBe('alice');
  expect(await userIdWith({ connectionParams: async () => ({ headers: { authorization } }) })).toBe('alice');
  await expect(userIdWith({})).rejects.toMatchObject({ code: 4403 });
  await expect(userIdWith({ connectionParams: { authorization: 'Bearer x' } })).rejects.toMatchObject({
    code: 4403,
  });
  const { WebSocket } = await import('ws');
  class WithHeader extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers: { authorization } });
    }
  }
  expect(await userIdWith({ webSocketImpl: WithHeader })).toBe('alice');
});

test('operations over a socket count as requests, and subscriptions as followers', async () => {
  await using gateway = await startScriptedGateway({
    settings: { MAX_REQUESTS_PER_MINUTE: '5', MAX_FOLLOWERS_PER_USER: '1' },
  });
  gateway.model.script([text('Well, '), silence()]);
  // Three requests: the session, the prompt and the handshake.
  const sessionId = await gateway.createSession();
  const runId = await gateway.send({ sessionId, prompt: 'Hi' });
  const client = socketClient(gateway.url, { lazy: false });
  const first = runEventsOverSocket(client, runEventsDocument, { runId });
  await first.next();
  const second = runEventsOverSocket(client, runEventsDocument, { runId });
  await expect(second.next()).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    limit: 'MAX_FOLLOWERS_PER_USER',
  });
  await expect(askOverSocket(client, '{ viewer { userId } }')).rejects.toMatchObject([
    { extensions: { code: 'RATE_LIMITED', limit: 'MAX_REQUESTS_PER_MINUTE' } },
  ]);
  await client.dispose();
});

test('a gateway that stops closes its sockets, and a client that connects to the next one resumes', async () => {
  const gateway = await startScriptedGateway();
  gateway.model.script([text('Well, '), silence()]);
  const sessionId = await gateway.createSession();
  const codes: number[] = [];
  const client = socketClient(gateway.url, {
    on: { closed: (event) => codes.push((event as { code: number }).code) },
  });
  const events = runEventsOverSocket(client, chatDocument, { input: { sessionId, prompt: 'Hi' } });
  await events.next();
  const rest = (async () => {
    const seen = [];
    for await (const event of events) seen.push(event);
    return seen;
  })();
  await gateway[Symbol.asyncDispose]();
  // The run is ended first, so the client learns how.
  expect((await rest).at(-1)).toMatchObject({ __typename: 'RunCancelled' });
  await expect.poll(() => codes.length).toBe(1);
  expect([1000, 1001]).toContain(codes[0]);
});
