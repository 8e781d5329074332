import { expect, test } from 'vitest';
import { sendRaw } from '../support/http/raw-http.ts';
import { aliceSession } from './fixtures.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

/** Creates a session with a body that is sent unchanged. */
function create(body: string, headers: Record<string, string> = {}): Promise<Response> {
  graphql.script({ createSession: () => aliceSession() });
  // Bytes, because fetch gives a string a Content-Type.
  const bytes = new TextEncoder().encode(body);
  return fetch(`${server.origin}/api/v1/sessions/`, { method: 'POST', headers, body: bytes });
}

const json = { 'content-type': 'application/json' };
const defaults = { input: { featureName: 'default', toolApproval: 'AUTO' } };

test('unknown fields of a body are ignored, and the log names them once at level debug', async () => {
  const response = await create('{"colour":"red","__proto__":{"a":1},"constructor":1}', json);

  expect(response.status).toBe(200);
  expect(graphql.calls).toEqual([{ operation: 'CreateSession', variables: defaults }]);
  expect(server.logged).toEqual([
    expect.objectContaining({ level: 20, fields: ['colour', '__proto__', 'constructor'] }),
  ]);
});

test('an unknown field within another is ignored and named with its path', async () => {
  const body = { node_ids: ['desk'], config: { source: 'empty', colour: 'red' }, sync: true };
  graphql.script({ attachNodes: () => ({ ...aliceSession(), nodes: [] }) });

  expect((await server.request('POST', '/sessions/1/nodes', body)).status).toBe(200);
  expect(server.logged).toEqual([expect.objectContaining({ fields: ['config.colour', 'sync'] })]);
});

test('a field that cannot be changed is ignored', async () => {
  graphql.script({ updateSession: () => aliceSession() });

  expect((await server.request('PATCH', '/sessions/1', { user_id: 'bob' })).status).toBe(200);
  expect(graphql.calls).toMatchObject([{ variables: { input: {} } }]);
});

test('null has the meaning of a field that is left out, wherever a field has a default', async () => {
  await create('{"feature_name":null,"tool_approval":null}', json);
  expect(graphql.calls).toEqual([{ operation: 'CreateSession', variables: defaults }]);

  graphql.script({ updateSession: () => aliceSession() });
  await server.request('PATCH', '/sessions/1', { tool_approval: null });
  expect(graphql.calls).toMatchObject([{ variables: { input: {} } }]);

  graphql.script({});
  await server.request('POST', '/sessions/1/chat', { prompt: 'Hi', on_busy: null, request_id: null });
  expect(graphql.calls).toMatchObject([{ variables: { input: { prompt: 'Hi', onBusy: 'ENQUEUE' } } }]);
});

test('JSON without a Content-Type is accepted from a program', async () => {
  graphql.script({ createSession: () => aliceSession() });
  // Not fetch, which sends a header of browsers.
  const head = 'POST /api/v1/sessions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
  const answer = await sendRaw(server.origin, `${head}Content-Length: 16\r\n\r\n{"title":"Trip"}`);

  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(graphql.calls).toMatchObject([{ variables: { input: { title: 'Trip' } } }]);
});

test.for([
  { origin: 'https://app.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-mode': 'no-cors' },
  { referer: 'https://mallory.example/' },
])('JSON without a Content-Type is refused from a browser, which sends %o', async (headers) => {
  const response = await create('{}', headers as Record<string, string>);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ detail: [{ type: 'content_type', loc: ['body'] }] });
  expect(graphql.calls).toEqual([]);
});
