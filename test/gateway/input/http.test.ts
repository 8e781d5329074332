import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { refusal, resultIn } from '../../support/gateway/refusal.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

let gateway: TestGateway;
let sessionId = '';

beforeAll(async () => {
  gateway = await startTestGateway();
  sessionId = await gateway.createSession({ userId: 'alice' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const mutation = 'mutation { createSession(input: { title: "Forged" }) { id } }';
const json = { 'content-type': 'application/json' };
const form = new FormData();
form.set('operations', JSON.stringify({ query: mutation }));
form.set('map', '{}');
const invalidUtf8 = Buffer.concat([
  Buffer.from('{"query":"mutation { createSession(input: { title: \\"'),
  Buffer.from([0xff, 0xfe]),
  Buffer.from('\\" }) { id } }"}'),
]);
const post = (body: BodyInit, headers: HeadersInit = json): RequestInit => ({
  method: 'POST',
  body,
  headers,
});
const get = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`;
const query = '{ viewer { userId } }';

type Row = [what: string, target: string, init: RequestInit, status: number, code: ErrorCode];

const rows: Row[] = [
  ['malformed JSON', '', post('{"query":'), 400, 'BAD_REQUEST'],
  ['a missing body', '', post(''), 400, 'BAD_REQUEST'],
  ['an array', '', post('[]'), 400, 'BAD_REQUEST'],
  ['null', '', post('null'), 400, 'BAD_REQUEST'],
  ['a missing query', '', post('{}'), 400, 'BAD_REQUEST'],
  ['a query that is a number', '', post('{"query":5}'), 400, 'BAD_REQUEST'],
  ['variables that are an array', '', post(JSON.stringify({ query, variables: [1] })), 400, 'BAD_REQUEST'],
  ['extensions that are text', '', post(JSON.stringify({ query, extensions: 'x' })), 400, 'BAD_REQUEST'],
  ['an operation name that is a number', '', post('{"query":"{a}","operationName":5}'), 400, 'BAD_REQUEST'],
  ['bytes that are not UTF-8', '', post(invalidUtf8), 400, 'BAD_REQUEST'],
  [
    'plain text',
    '',
    post(JSON.stringify({ query }), { 'content-type': 'text/plain' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'a mutation in a form',
    '',
    post(new URLSearchParams({ query: mutation }), {}),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'a body of 3 MB',
    '',
    post(JSON.stringify({ query: `#${'a'.repeat(3_000_000)}` })),
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  ['GET with malformed variables', get({ query, variables: '{' }), {}, 400, 'BAD_REQUEST'],
  ['GET with an array of variables', get({ query, variables: '[1]' }), {}, 400, 'BAD_REQUEST'],
  ['GET with malformed extensions', get({ query, extensions: '{' }), {}, 400, 'BAD_REQUEST'],
  ['GET without a query', get({ variables: '{}' }), {}, 400, 'BAD_REQUEST'],
  ['a mutation over GET', get({ query: mutation }), {}, 405, 'METHOD_NOT_ALLOWED'],
  ['PATCH', '', { method: 'PATCH' }, 405, 'METHOD_NOT_ALLOWED'],
  ['OPTIONS', '', { method: 'OPTIONS' }, 405, 'METHOD_NOT_ALLOWED'],
];

test.each([
  ['/graphql', 403, 'FORBIDDEN'],
  ['/graphql/stream', 415, 'UNSUPPORTED_MEDIA_TYPE'],
])(
  '%s refuses a mutation in a multipart form, because any web page could send it',
  async (path, status, code) => {
    const refused = await refusal(gateway, () =>
      fetch(gateway.url + path, post(form, { accept: 'application/json, text/event-stream' })),
    );
    expect([refused.status, resultIn(refused).errors?.[0]?.extensions]).toEqual([status, { code }]);
  },
);

describe.each([
  ['/graphql', 'application/json'],
  ['/graphql/stream', 'text/event-stream'],
])('%s', (path, accept) => {
  test.each(rows)(`${path} refuses %s`, async (_what, target, init, status, code) => {
    const headers = new Headers(init.headers);
    headers.set('accept', accept);

    const refused = await refusal(gateway, () => fetch(gateway.url + path + target, { ...init, headers }));

    expect(refused.status).toBe(status);
    expect(resultIn(refused)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code } }],
    });
  });

  test(`${path} takes an empty operation name for none`, async () => {
    const sent = { query, operationName: '' };
    for (const [target, init] of [
      ['', post(JSON.stringify(sent))],
      [get(sent), {}],
    ] as const) {
      const headers = { ...init.headers, accept };
      const response = await fetch(gateway.url + path + target, { ...init, headers });
      expect(await response.text()).toContain('"userId":"anonymous"');
    }
  });

  test(`${path} lists its methods in Allow`, async () => {
    const response = await fetch(gateway.url + path, { method: 'PATCH' });
    expect(response.headers.get('allow')).toContain('GET, HEAD, POST');
  });

  test.each([
    ['a malformed Host', `POST ${path} HTTP/1.1`, 'Host: a b<>', '400'],
    ['an impossible port', `POST ${path} HTTP/1.1`, 'Host: localhost:99999999', '400'],
    ['a missing Host', `POST ${path} HTTP/1.1`, 'X-Nothing: here', '400'],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1', 'Host: localhost', '400'],
    ['GET *', 'GET * HTTP/1.1', 'Host: localhost', '400'],
    ['a path of slashes', 'GET // HTTP/1.1', 'Host: localhost', '404'],
  ])(`${path} answers %s as a fault of the client`, async (_what, line, host, status) => {
    const request = [line, host, 'Content-Length: 2', 'Connection: close', '', '{}'].join('\r\n');

    const answer = await sendRaw(gateway.url, request);

    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(answer).not.toMatch(/\bat \S+ \(/);
  });

  test(`${path} accepts an absolute target, as proxies send it`, async () => {
    const target = `http://localhost:8000${path}${get({ query })}`;
    const request = [
      `GET ${target} HTTP/1.1`,
      'Host: localhost:8000',
      `Accept: ${accept}`,
      'Connection: close',
      '',
      '',
    ];

    const answer = await sendRaw(gateway.url, request.join('\r\n'));

    expect(answer).toContain('HTTP/1.1 200');
    expect(answer).toContain('{"data":{"viewer":{"userId":"anonymous"}}}');
  });

  test(`${path} leaves the gateway able to answer the next prompt`, async () => {
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hello' }));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { status: 'COMPLETE' } });
  });
});
