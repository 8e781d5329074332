import { expect, test } from 'vitest';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

/** Sends an invalid request. Returns the `detail` of the 422, and checks that no document was executed. */
async function refusal(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  const response = await server.request(method, path, body, headers);
  expect(response.status).toBe(422);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(graphql.calls).toEqual([]);
  return ((await response.json()) as { detail: { loc: unknown[]; type: string; ctx?: object }[] }).detail;
}

/** Does the same with a body that is sent unchanged. */
async function bodyRefusal(body: string | Uint8Array<ArrayBuffer>, contentType?: string) {
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const response = await fetch(`${server.origin}/api/v1/sessions/1/chat`, {
    method: 'POST',
    headers,
    body: bytes,
  });
  expect(response.status).toBe(422);
  return ((await response.json()) as { detail: unknown }).detail;
}

test.for(['abc', '1.5', '1e3', '0x10', '%20', '%ZZ', 'NaN', '١'])(
  'the session id %s is refused because it is not an integer',
  async (id) => {
    const [error] = await refusal('GET', `/sessions/${id}`);
    expect(error).toMatchObject({ type: 'int_parsing', loc: ['path', 'session_id'] });
  },
);

test('a session id that is not an integer is refused in the words of FastAPI', async () => {
  expect(await refusal('GET', '/sessions/abc')).toMatchInlineSnapshot(`
    [
      {
        "input": "abc",
        "loc": [
          "path",
          "session_id",
        ],
        "msg": "Input should be a valid integer, unable to parse string as an integer",
        "type": "int_parsing",
      },
    ]
  `);
});

test('a session id below 1 is refused', async () => {
  expect(await refusal('GET', '/sessions/0/tokens')).toMatchInlineSnapshot(`
    [
      {
        "ctx": {
          "gt": 0,
        },
        "input": "0",
        "loc": [
          "path",
          "session_id",
        ],
        "msg": "Input should be greater than 0",
        "type": "greater_than",
      },
    ]
  `);
  expect(await refusal('DELETE', '/sessions/-3')).toMatchObject([{ type: 'greater_than', input: '-3' }]);
});

test.for(['2147483648', '9007199254740993', '1'.repeat(400)])(
  'the session id %s is refused because it is larger than any id',
  async (id) => {
    const [error] = await refusal('POST', `/sessions/${id}/cancel`);
    expect(error).toMatchObject({ type: 'less_than_equal', ctx: { le: 2_147_483_647 } });
  },
);

test('a list without user_id is refused', async () => {
  expect(await refusal('GET', '/sessions/')).toMatchInlineSnapshot(`
    [
      {
        "input": {},
        "loc": [
          "query",
          "user_id",
        ],
        "msg": "Field required",
        "type": "missing",
      },
    ]
  `);
});

test('an empty user_id is refused and deletes no sessions', async () => {
  expect(await refusal('DELETE', '/sessions/?user_id=')).toMatchInlineSnapshot(`
    [
      {
        "ctx": {
          "min_length": 1,
        },
        "input": "",
        "loc": [
          "query",
          "user_id",
        ],
        "msg": "String should have at least 1 character",
        "type": "string_too_short",
      },
    ]
  `);
});

test('a chat request without a prompt is refused', async () => {
  expect(await refusal('POST', '/sessions/1/chat', {})).toMatchInlineSnapshot(`
    [
      {
        "input": {},
        "loc": [
          "body",
          "prompt",
        ],
        "msg": "Field required",
        "type": "missing",
      },
    ]
  `);
});

test('a prompt that is null is no text, and it is reported before the errors of later fields', async () => {
  expect(await refusal('POST', '/sessions/1/chat', { prompt: null, on_busy: 'wait' })).toMatchObject([
    { loc: ['body', 'prompt'], type: 'string_type', msg: 'Input should be a valid string', input: null },
    { loc: ['body', 'on_busy'], type: 'literal_error' },
  ]);
});

test('one response reports every error of a request', async () => {
  const body = { prompt: '', on_busy: 'wait', provider_name: 3 };
  expect(await refusal('POST', '/sessions/x/chat', body, { 'last-event-id': '7' })).toMatchInlineSnapshot(`
    [
      {
        "input": "x",
        "loc": [
          "path",
          "session_id",
        ],
        "msg": "Input should be a valid integer, unable to parse string as an integer",
        "type": "int_parsing",
      },
      {
        "input": "7",
        "loc": [
          "header",
          "last-event-id",
        ],
        "msg": "Input should be the id of a frame, <run>:<seq>",
        "type": "value_error",
      },
      {
        "ctx": {
          "min_length": 1,
        },
        "input": "",
        "loc": [
          "body",
          "prompt",
        ],
        "msg": "String should have at least 1 character",
        "type": "string_too_short",
      },
      {
        "input": 3,
        "loc": [
          "body",
          "provider_name",
        ],
        "msg": "Input should be a valid string",
        "type": "string_type",
      },
      {
        "ctx": {
          "expected": "'reject', 'interrupt', 'enqueue' or 'steer'",
        },
        "input": "wait",
        "loc": [
          "body",
          "on_busy",
        ],
        "msg": "Input should be 'reject', 'interrupt', 'enqueue' or 'steer'",
        "type": "literal_error",
      },
    ]
  `);
});

test('an unknown tool_approval is refused', async () => {
  expect(await refusal('PATCH', '/sessions/1', { tool_approval: 'never' })).toMatchObject([
    { type: 'literal_error', loc: ['body', 'tool_approval'], ctx: { expected: "'auto', 'ask' or 'deny'" } },
  ]);
});

test.for([[], 'text', 3, null, true])('the body %o is refused because it is not an object', async (body) => {
  const detail = await refusal('POST', '/sessions/', body);
  expect(detail).toEqual([
    {
      type: 'model_attributes_type',
      loc: ['body'],
      msg: 'Input should be a valid dictionary or object to extract fields from',
      input: body,
    },
  ]);
});

test('a missing body is refused', async () => {
  expect(await bodyRefusal('')).toMatchInlineSnapshot(`
    [
      {
        "input": null,
        "loc": [
          "body",
        ],
        "msg": "Field required",
        "type": "missing",
      },
    ]
  `);
});

test('a body that is not JSON is refused', async () => {
  expect(await bodyRefusal('{"prompt":', 'application/json')).toMatchInlineSnapshot(`
    [
      {
        "ctx": {
          "error": "Unexpected end of JSON input",
        },
        "input": {},
        "loc": [
          "body",
        ],
        "msg": "JSON decode error",
        "type": "json_invalid",
      },
    ]
  `);
});

test('a body that is not UTF-8 is refused', async () => {
  const bytes = Uint8Array.from([0x7b, 0xff, 0x7d]);
  expect(await bodyRefusal(bytes, 'application/json')).toMatchObject([{ type: 'json_invalid' }]);
});

test.for(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
  'a body with the Content-Type %s is refused, because a form of another site could send it',
  async (contentType) => {
    const detail = await bodyRefusal('{"prompt":"Hello"}', contentType);
    expect(detail).toMatchObject([{ type: 'content_type', loc: ['body'] }]);
  },
);

test.for(['7', '7:', ':3', '7:-1', 'a:b', '7:99999999999', '7:3:1'])(
  'the Last-Event-ID %s is refused',
  async (lastEventId) => {
    const detail = await refusal('GET', '/sessions/1/chat', undefined, { 'last-event-id': lastEventId });
    expect(detail).toMatchObject([{ type: 'value_error', loc: ['header', 'last-event-id'] }]);
  },
);
