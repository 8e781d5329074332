import { expect, onTestFinished, test } from 'vitest';
import { maskError } from '../../../src/http/request/mask-error.ts';
import { acceptStream, collect, type StreamServer, sendJson, startStreamServer } from './stream-server.ts';

async function openServer(...args: Parameters<typeof startStreamServer>): Promise<StreamServer> {
  const server = await startStreamServer(...args);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

test('a query, a mutation and a subscription yield their results and complete', async () => {
  const client = (await openServer()).client();
  expect(await collect(client, { query: '{ hello }' })).toEqual([{ data: { hello: 'world' } }]);
  expect(
    await collect(client, {
      query: 'mutation ($text: String!) { remember(text: $text) }',
      variables: { text: 'milk' },
    }),
  ).toEqual([{ data: { remember: 'milk' } }]);
  expect(await collect(client, { query: 'subscription { count(to: 3) { value } }' })).toEqual([
    { data: { count: { value: 1 } } },
    { data: { count: { value: 2 } } },
    { data: { count: { value: 3 } } },
  ]);
});

test('operations in parallel do not mix', async () => {
  const client = (await openServer()).client();
  const lengths = [1, 2, 50, 200];
  const results = await Promise.all(
    lengths.map((to) => collect(client, { query: `subscription { count(to: ${to}) { value } }` })),
  );
  expect(results.map((values) => values.length)).toEqual(lengths);
});

test.each([
  [
    'a syntax error',
    { query: '{ hello' },
    'GRAPHQL_PARSE_FAILED',
    'Syntax Error: Expected Name, found <EOF>.',
  ],
  [
    'a validation error',
    { query: '{ goodbye }' },
    'GRAPHQL_VALIDATION_FAILED',
    'Cannot query field "goodbye" on type "Query".',
  ],
  [
    'an unknown operation name',
    { query: 'query A { hello } query B { hello }', operationName: 'C' },
    'OPERATION_RESOLUTION_FAILURE',
    'Could not determine what operation to execute.',
  ],
  [
    'a missing operation name',
    { query: 'query A { hello } query B { hello }' },
    'OPERATION_RESOLUTION_FAILURE',
    'Could not determine what operation to execute.',
  ],
  [
    'a document too deep to parse',
    { query: '{a'.repeat(30_000) },
    'GRAPHQL_PARSE_FAILED',
    'The document is nested too deeply.',
  ],
])('the client shows %s as a GraphQL error, without a retry', async (_, request, code, message) => {
  const { client } = await openServer({ maxBodyBytes: 100_000 });
  const [result, ...more] = await collect(client(), request);
  expect(more).toEqual([]);
  expect(result).toMatchObject({ errors: [{ message, extensions: { code } }] });
  expect(JSON.stringify(result)).not.toContain('"http"');
});

test.each([
  ['a query', 'query ($text: String!) { echo(text: $text) }'],
  ['a subscription', 'subscription ($text: Int!) { count(to: $text) { value } }'],
])('the client shows a variable of the wrong type of %s as a GraphQL error', async (_, query) => {
  const { client } = await openServer();
  expect(await collect(client(), { query, variables: { text: ['no'] } })).toEqual([
    {
      errors: [
        expect.objectContaining({ message: expect.stringContaining('Variable "$text" got invalid value') }),
      ],
    },
  ]);
});

test('a subscription that is refused shows its own error; one that crashes shows a masked one', async () => {
  const { client, logged } = await openServer();
  expect(await collect(client(), { query: 'subscription { refused }' })).toEqual([
    { errors: [expect.objectContaining({ message: 'Not yours.', extensions: { code: 'FORBIDDEN' } })] },
  ]);
  expect(logged).toEqual([]);
  expect(await collect(client(), { query: 'subscription { crashed }' })).toEqual([
    {
      errors: [
        expect.objectContaining({
          message: 'Something went wrong inside the gateway.',
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        }),
      ],
    },
  ]);
  expect(logged).toEqual([expect.stringContaining('hunter2')]);
  expect(logged[0]).toContain('"httpRequestId":"request-1"');
});

test('a source that throws ends its operation with a masked error, and the next operation works', async () => {
  const { client } = await openServer();
  const results = await collect(client(), { query: 'subscription { broken(after: 2) }' });
  expect(results).toEqual([
    { data: { broken: 1 } },
    { data: { broken: 2 } },
    {
      errors: [
        {
          message: 'Something went wrong inside the gateway.',
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        },
      ],
    },
  ]);
  expect(await collect(client(), { query: '{ hello }' })).toEqual([{ data: { hello: 'world' } }]);
});

test('a field that fails is masked in every result, of a query and of a subscription', async () => {
  const { client } = await openServer();
  const masked = [expect.objectContaining({ message: 'Something went wrong inside the gateway.' })];
  expect(await collect(client(), { query: '{ hello boom }' })).toEqual([
    { data: { hello: 'world', boom: null }, errors: masked },
  ]);
  expect(await collect(client(), { query: 'subscription { count(to: 2) { value boom } }' })).toEqual([
    { data: { count: { value: 1, boom: null } }, errors: masked },
    { data: { count: { value: 2, boom: null } }, errors: masked },
  ]);
});

test('a sender that the context refuses gets the error as a result', async () => {
  const { client } = await openServer({ owner: () => ({ name: 'anybody', watch: () => undefined }) });
  const nobody = client({ headers: { 'x-user': 'nobody' } });
  expect(await collect(nobody, { query: '{ hello }' })).toEqual([
    { errors: [{ message: 'Who are you?', extensions: { code: 'UNAUTHENTICATED' } }] },
  ]);
});

test('an unknown sender is refused before the body is read', async () => {
  const { url } = await openServer();
  const headers = { ...acceptStream, ...sendJson, 'x-user': 'nobody' };
  const response = await fetch(url, { method: 'POST', headers, body: 'no JSON' });
  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({
    errors: [{ message: 'Who are you?', extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

test("the gateway's own mask is applied to what a source throws", async () => {
  const { client } = await openServer();
  const { message, extensions } = maskError(new Error('hunter2'));
  expect(await collect(client(), { query: 'subscription { broken(after: 0) }' })).toEqual([
    { errors: [{ message, extensions }] },
  ]);
});

test('a subscription works over a plain GET, as EventSource sends it', async () => {
  const { url } = await openServer();
  const query = 'subscription Count($to: Int!) { count(to: $to) { value } }';
  const search = new URLSearchParams({ query, operationName: 'Count', variables: '{"to":1}' });
  const response = await fetch(`${url}?${search}`, { headers: acceptStream });
  expect(await response.text()).toBe(
    ':\nevent: next\ndata: {"data":{"count":{"value":1}}}\n\nevent: complete\ndata:\n\n',
  );
});

test.each([
  'text/event-stream',
  'TEXT/Event-Stream',
  'text/event-stream; charset=utf-8',
  'application/json;q=0.5, text/event-stream; q=0.9',
  'application/graphql-response+json,application/json ,text/event-stream,multipart/mixed',
])('the header "Accept: %s" is understood', async (accept) => {
  const { url } = await openServer();
  const response = await fetch(`${url}?query={hello}`, { headers: { accept } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await response.text()).toContain('world');
});

test('a token that was never reserved does not hinder a distinct operation', async () => {
  const { client } = await openServer();
  const headers = { 'x-graphql-event-stream-token': 'constructor' };
  expect(await collect(client({ headers }), { query: '{ hello }' })).toEqual([{ data: { hello: 'world' } }]);
});
