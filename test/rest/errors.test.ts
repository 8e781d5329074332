import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { readBytes } from '../../src/http/request/read-body.ts';
import { aliceSession } from './fixtures.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { startRestServer, useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

async function answer(response: Response) {
  return { status: response.status, body: await response.json() };
}

test('a session that does not exist gets 404, whether GraphQL returns null or NOT_FOUND', async () => {
  const notFound = () => {
    throw new GatewayError('NOT_FOUND', 'Session 9 does not exist');
  };
  graphql.script({ session: () => null, deleteSession: notFound });

  for (const path of ['', '/messages', '/tokens']) {
    const response = await server.request('GET', `/sessions/9${path}`);
    expect(await answer(response)).toEqual({ status: 404, body: { detail: 'Session not found' } });
  }
  expect(await answer(await server.request('DELETE', '/sessions/9'))).toEqual({
    status: 404,
    body: { detail: 'Session 9 does not exist' },
  });
});

test.for([
  ['UNAUTHENTICATED', 401],
  ['FORBIDDEN', 403],
  ['RUN_IN_PROGRESS', 409],
  ['RATE_LIMITED', 429],
  ['SHUTTING_DOWN', 503],
] as const)('the GraphQL error %s becomes the status %i', async ([code, status]) => {
  graphql.script({
    createSession: () => {
      throw new GatewayError(code, 'Not now');
    },
  });

  const response = await server.request('POST', '/sessions', {});

  expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
  expect(await answer(response)).toEqual({ status, body: { detail: 'Not now' } });
});

test('input that GraphQL refuses gets a 422 that names the REST field', async () => {
  graphql.script({
    updateSession: () => {
      throw new GatewayError('BAD_USER_INPUT', 'There is no provider "x"', { field: 'input.providerName' });
    },
    deleteSessions: () => {
      throw new GatewayError('BAD_USER_INPUT', 'No such user', { field: 'userId' });
    },
  });

  expect(
    await answer(await server.request('PATCH', '/sessions/1', { provider_name: 'x' })),
  ).toMatchInlineSnapshot(`
      {
        "body": {
          "detail": [
            {
              "input": "x",
              "loc": [
                "body",
                "provider_name",
              ],
              "msg": "There is no provider "x"",
              "type": "value_error",
            },
          ],
        },
        "status": 422,
      }
    `);
  expect(await answer(await server.request('DELETE', '/sessions?user_id=bob'))).toMatchObject({
    body: { detail: [{ loc: ['query', 'user_id'], input: 'bob' }] },
  });
});

test('an error without a code becomes a 500 that reveals nothing', async () => {
  graphql.script({
    session: () => {
      throw new Error('connect ECONNREFUSED 10.0.0.1:5432');
    },
  });

  expect(await answer(await server.request('GET', '/sessions/1'))).toEqual({
    status: 500,
    body: { detail: 'Internal Server Error' },
  });
});

test('an exception of the executor is logged and becomes a 500 that reveals nothing', async () => {
  const graphql = createGraphqlDouble();
  graphql.execute = () => Promise.reject(new Error('the pool is gone'));
  await using server = await startRestServer(graphql);

  expect(await answer(await server.request('GET', '/sessions/1'))).toEqual({
    status: 500,
    body: { detail: 'Internal Server Error' },
  });
  expect(server.logged).toMatchObject([{ err: { message: 'the pool is gone' } }]);
});

test('an unknown path gets 404 in JSON', async () => {
  for (const path of ['', '/', '/nothing', '/sessions/1/nothing', '/sessions/1/chat/x', '/sessions//chat']) {
    const response = await server.request('POST', path);
    expect(await answer(response)).toEqual({ status: 404, body: { detail: 'Not Found' } });
  }
});

test.for([
  '/sessions/5/',
  '/sessions/5/nodes/',
  '/sessions/5/nodes/.',
  '/sessions/5/nodes/..',
  '/sessions/5/nodes/laptop/',
  '/sessions/5/nodes/laptop/.',
  '/sessions//nodes/laptop',
])('a DELETE of %s, as a client sends it, deletes nothing and gets 404', async (path) => {
  const response = await server.request('DELETE', path);

  expect(await answer(response)).toEqual({ status: 404, body: { detail: 'Not Found' } });
  expect(graphql.calls).toEqual([]);
});

test.for([
  ['PUT', '/sessions', 'POST, GET, HEAD, DELETE'],
  ['PUT', '/sessions/', 'POST, GET, HEAD, DELETE'],
  ['POST', '/sessions/1', 'GET, HEAD, PATCH, DELETE'],
  ['DELETE', '/sessions/1/chat', 'POST, GET, HEAD'],
  ['GET', '/sessions/1/cancel', 'POST'],
  ['POST', '/openapi.json', 'GET, HEAD'],
] as const)('%s %s gets 405 with the allowed methods', async ([method, path, allow]) => {
  const response = await server.request(method, path);
  expect(response.headers.get('allow')).toBe(allow);
  expect(await answer(response)).toEqual({ status: 405, body: { detail: 'Method Not Allowed' } });
});

test('HEAD gets the status of GET without a body', async () => {
  graphql.script({ session: () => aliceSession(5) });

  const response = await server.request('HEAD', '/sessions/5');

  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
});

test('every path of a GET works with and without a slash at its end', async () => {
  graphql.script({ session: () => aliceSession(5), sessions: () => null });
  for (const path of ['/sessions/5', '/sessions/5/', '/openapi.json', '/openapi.json/']) {
    const response = await server.request('GET', path);
    expect({ status: response.status, redirected: response.redirected }).toEqual({
      status: 200,
      redirected: false,
    });
  }
});

test('a body that is too large gets 413, with and without a Content-Length', async () => {
  const graphql = createGraphqlDouble();
  await using server = await startRestServer(graphql, {
    readBody: (incoming) => readBytes(incoming, 1000),
  });
  const chunk = new TextEncoder().encode('"'.padEnd(900));
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(chunk);
      controller.enqueue(chunk);
      controller.close();
    },
  });

  const announced = await server.request('POST', '/sessions', { title: 'a'.repeat(5000) });
  const streamed = await fetch(`${server.origin}/api/v1/sessions`, {
    method: 'POST',
    body: chunked,
    duplex: 'half',
  } as RequestInit);

  for (const response of [announced, streamed]) {
    expect(await answer(response)).toEqual({
      status: 413,
      body: { detail: 'The body must not exceed 1000 bytes.' },
    });
  }
  expect(graphql.calls).toEqual([]);
});

test('a client that disconnects in the middle of its body does not disturb other clients', async () => {
  graphql.script({ session: () => aliceSession(5) });
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
  await once(socket, 'connect');
  const head = 'POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  socket.end(`${head}content-length: 100\r\n\r\n{"title":`);
  await once(socket.resume(), 'close');

  expect((await server.request('GET', '/sessions/5')).status).toBe(200);
  expect(server.logged).toEqual([]);
});
