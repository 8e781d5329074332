import { expect, onTestFinished, test, vi } from 'vitest';
import { acceptStream, openSocket, rawPost, sendJson, startStreamServer } from './stream-server.ts';

async function openServer(...args: Parameters<typeof startStreamServer>) {
  const server = await startStreamServer(...args);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const token = 'x-graphql-event-stream-token';

/** Checks that a response is a refusal with one GraphQL error, and returns its status, code and message. */
async function refusalOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { errors, ...rest } = (await response.json()) as {
    errors: { message: string; extensions: { code: string } }[];
  };
  expect(rest).toEqual({});
  expect(errors).toEqual([{ message: expect.any(String), extensions: { code: expect.any(String) } }]);
  return [response.status, errors[0]?.extensions.code, errors[0]?.message];
}

test.each([
  ['no body', '', 'The body is missing.'],
  ['malformed JSON', '{"query":', 'The body is not valid JSON.'],
  ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'The body is not valid UTF-8.'],
  ['a JSON array', '[]', 'The request must be a JSON object.'],
  ['JSON null', 'null', 'The request must be a JSON object.'],
  ['no query', '{}', 'The parameter "query" is missing.'],
  ['a query that is not a string', '{"query":{}}', 'The parameter "query" must be a string.'],
  [
    'an operation name that is not a string',
    '{"query":"{hello}","operationName":1}',
    'The parameter "operationName" must be a string.',
  ],
  [
    'variables in a list',
    '{"query":"{hello}","variables":[]}',
    'The parameter "variables" must be an object.',
  ],
  [
    'variables in a string',
    '{"query":"{hello}","variables":"{}"}',
    'The parameter "variables" must be an object.',
  ],
  [
    'extensions in a number',
    '{"query":"{hello}","extensions":7}',
    'The parameter "extensions" must be an object.',
  ],
])('a body with %s is answered 400', async (_, body, message) => {
  const { url } = await openServer();
  const response = await fetch(url, { method: 'POST', headers: { ...acceptStream, ...sendJson }, body });
  expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST', message]);
});

test.each([
  ['variables={', 'The parameter "variables" is not valid JSON.'],
  ['variables=7', 'The parameter "variables" must be an object.'],
  ['extensions={', 'The parameter "extensions" is not valid JSON.'],
  ['extensions=[]', 'The parameter "extensions" must be an object.'],
])('a GET with malformed %s is answered 400', async (search, message) => {
  const { url } = await openServer();
  const response = await fetch(`${url}?query={hello}&${search}`, { headers: acceptStream });
  expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST', message]);
});

test('a GET without a query is answered 400', async () => {
  const { url } = await openServer();
  expect(await refusalOf(await fetch(url, { headers: acceptStream }))).toEqual([
    400,
    'BAD_REQUEST',
    'The parameter "query" is missing.',
  ]);
});

test.each([
  [{ 'content-type': 'text/plain' }],
  [{ 'content-type': 'application/x-www-form-urlencoded' }],
  [{ 'content-type': 'application/jsonp' }],
  [{ 'content-type': 'text/plain; a=application/json' }],
  [{ 'content-type': 'application/json; charset=latin1' }],
  [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }],
])('a body sent with %j is answered 415', async (headers) => {
  const { url } = await openServer();
  const body = '{"query":"mutation { remember(text: \\"forged\\") }"}';
  const response = await fetch(url, { method: 'POST', headers: { ...acceptStream, ...headers }, body });
  expect(await refusalOf(response)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE', expect.any(String)]);
});

test('a mutation over GET is answered 405 and names POST', async () => {
  const { url } = await openServer();
  const search = new URLSearchParams({ query: 'mutation { remember(text: "milk") }' });
  const response = await fetch(`${url}?${search}`, { headers: acceptStream });
  expect(response.headers.get('allow')).toBe('POST');
  expect(await refusalOf(response)).toEqual([
    405,
    'METHOD_NOT_ALLOWED',
    'An operation that changes something must be sent with POST.',
  ]);
});

test.each(['PATCH', 'OPTIONS', 'PROPFIND'])(
  'the method %s is answered 405 and told what is allowed',
  async (method) => {
    const { url } = await openServer();
    const response = await fetch(url, { method });
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST, PUT, DELETE');
    expect(await refusalOf(response)).toEqual([405, 'METHOD_NOT_ALLOWED', expect.any(String)]);
  },
);

test.each(['constructor', '__proto__', 'toString', 'nobody-reserved-this'])(
  'the token %s, which was never reserved, is answered 404 by every request that needs a stream',
  async (unknown) => {
    const { url } = await openServer();
    const headers = { [token]: unknown };
    const body = '{"query":"{hello}","extensions":{"operationId":"1"}}';
    for (const response of [
      await fetch(url, { method: 'POST', headers: { ...headers, ...sendJson }, body }),
      await fetch(url, { headers: { ...headers, ...acceptStream } }),
      await fetch(`${url}?operationId=1`, { method: 'DELETE', headers }),
    ]) {
      expect(await refusalOf(response)).toEqual([404, 'NOT_FOUND', 'Stream not found.']);
    }
  },
);

test.each(['*/*', 'application/json', 'text/event-stream;q=0'])(
  'without a token, an operation with "Accept: %s" is answered 404 with a hint',
  async (accept) => {
    const { url } = await openServer();
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept, ...sendJson },
      body: '{"query":"{hello}"}',
    });
    expect(await refusalOf(response)).toEqual([
      404,
      'NOT_FOUND',
      expect.stringContaining('accept text/event-stream'),
    ]);
  },
);

test.each([
  ['*/*', 201],
  ['text/plain', 201],
  ['TEXT/*;q=0.1, application/json', 201],
  ['application/json', 406],
  ['*/*, text/plain;q=0', 406],
])('a reservation with "Accept: %s" is answered %i', async (accept, status) => {
  const { url } = await openServer();
  expect((await fetch(url, { method: 'PUT', headers: { accept } })).status).toBe(status);
});

test('an operation whose client accepts no JSON is answered 406', async () => {
  const { url } = await openServer();
  const reserved = await (await fetch(url, { method: 'PUT' })).text();
  const headers = { accept: 'text/html', [token]: reserved, ...sendJson };
  const response = await fetch(url, { method: 'POST', headers, body: '{"query":"{hello}"}' });
  expect(await refusalOf(response)).toEqual([406, 'NOT_ACCEPTABLE', expect.any(String)]);
});

test('a DELETE without an operation id is answered 400', async () => {
  const { url } = await openServer();
  const reserved = await (await fetch(url, { method: 'PUT' })).text();
  const response = await fetch(url, { method: 'DELETE', headers: { [token]: reserved } });
  expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST', expect.stringContaining('operationId')]);
});

test('a sender that is refused gets the status of the refusal', async () => {
  const { url } = await openServer();
  const response = await fetch(url, { method: 'PUT', headers: { 'x-user': 'nobody' } });
  expect(await refusalOf(response)).toEqual([401, 'UNAUTHENTICATED', 'Who are you?']);
});

test('a look-up of the sender that fails is answered 500, masked and logged', async () => {
  const { url, logged } = await openServer({
    owner: () => Promise.reject(new Error('the password is hunter2')),
  });
  const response = await fetch(url, { method: 'PUT' });
  expect(await refusalOf(response)).toEqual([
    500,
    'INTERNAL_SERVER_ERROR',
    'Something went wrong inside the gateway.',
  ]);
  expect(logged).toEqual([expect.stringContaining('hunter2')]);
});

test('a body longer than allowed is answered 413, with and without a Content-Length', async () => {
  const { url } = await openServer({ maxBodyBytes: 100 });
  const headers = { ...acceptStream, ...sendJson };
  const query = `{ hello ${'#'.repeat(200)}`;
  const honest = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  expect(await refusalOf(honest)).toEqual([413, 'PAYLOAD_TOO_LARGE', expect.any(String)]);
  const chunks = new Blob(['{"query":"', query, '"}']).stream();
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body: chunks, duplex: 'half' };
  expect(await refusalOf(await fetch(url, init))).toEqual([413, 'PAYLOAD_TOO_LARGE', expect.any(String)]);
});

test('a character that arrives in two parts stays one character', async () => {
  const { port } = await openServer();
  const alice = await openSocket(port);
  onTestFinished(() => void alice.socket.destroy());
  const bytes = Buffer.from(JSON.stringify({ query: '{ echo(text: "🦊") }' }));
  const cut = bytes.indexOf('🦊') + 2;
  const head = rawPost('', { accept: 'text/event-stream', 'transfer-encoding': 'chunked' });
  alice.socket.write(head.replace(/content-length: 0\r\n/, ''));
  for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    alice.socket.write(`${part.length.toString(16)}\r\n`);
    alice.socket.write(part);
    alice.socket.write('\r\n');
  }
  alice.socket.write('0\r\n\r\n');
  await vi.waitFor(() => expect(alice.received).toContain('event: complete'));
  expect(alice.received).toContain('data: {"data":{"echo":"🦊"}}');
});

test('a connection carries the next request after a refused one with a body', async () => {
  const { port } = await openServer();
  const alice = await openSocket(port);
  onTestFinished(() => void alice.socket.destroy());
  const body = JSON.stringify({ query: '{ hello }' });
  alice.socket.write(rawPost(body));
  alice.socket.write(rawPost(body, { accept: 'text/event-stream' }));
  await vi.waitFor(() => expect(alice.received).toContain('event: complete'));
  expect(alice.received).toContain('HTTP/1.1 404 Not Found');
  expect(alice.received).toContain('data: {"data":{"hello":"world"}}');
});

test.each(['host: ///', 'host: a b', 'host: [', 'host: x:99999'])(
  'the header "%s" is answered 400',
  async (host) => {
    const { port } = await openServer();
    const mallory = await openSocket(port);
    onTestFinished(() => void mallory.socket.destroy());
    mallory.socket.write(
      `GET /graphql/stream?query={hello} HTTP/1.1\r\n${host}\r\naccept: text/event-stream\r\n\r\n`,
    );
    await vi.waitFor(() => expect(mallory.received).toMatch(/BAD_REQUEST|400 Bad Request/));
    expect(mallory.received).not.toContain('at ');
  },
);

test('a client that leaves in the middle of its body is not logged', async () => {
  const { port, url, logged } = await openServer();
  const mallory = await openSocket(port);
  const closed = new Promise((resolve) => mallory.socket.once('close', resolve));
  mallory.socket.write(rawPost('{"query":', { accept: 'text/event-stream', 'content-length': '5000' }));
  mallory.socket.destroy();
  await closed;
  const response = await fetch(`${url}?query={hello}`, { headers: acceptStream });
  expect(await response.text()).toContain('world');
  expect(logged).toEqual([]);
});
