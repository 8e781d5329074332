import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../src/rest/routes.ts';
import { fileForm, memo } from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { refusal } from '../../support/gateway/refusal.ts';

let gateway: TestGateway;

/** Session 1 has one prompt, which run 1 has answered. */
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.rest('/sessions/', request('POST', { user_id: 'alice' }));
  await (await gateway.rest('/sessions/1/chat', request('POST', { prompt: 'Hello' }))).text();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const json = { 'content-type': 'application/json' };

function request(method: string, body?: unknown, headers: HeadersInit = json): RequestInit {
  return { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
}
const chat = (body: unknown) => request('POST', body);
const raw = (body: BodyInit, headers: HeadersInit = json): RequestInit => ({ method: 'POST', headers, body });
const resume = (cursor: string, method = 'POST') => ({
  ...request(method, method === 'POST' ? { prompt: 'Hello' } : undefined),
  headers: { ...json, 'last-event-id': cursor },
});

/** A valid body for each operation that reads one, by its `operationId`. */
const validBodies: Record<string, unknown> = {
  create_session: { user_id: 'zoë', title: '🦊' },
  update_session: { title: 'Zoë’s 🦊' },
  send_message: { prompt: 'Who is 🦊?', on_busy: 'enqueue' },
  attach_nodes: { node_ids: ['laptop'] },
};

/** They need a call that waits for a decision; their bodies are read as those of the others. */
const ofWaitingCalls = ['approve_tool_call', 'deny_tool_call', 'answer_tool_call'];

describe('a body without a Content-Length', () => {
  const ofRest = routes
    .filter(({ openapi }) => openapi.request?.body !== undefined)
    .filter(({ openapi }) => !ofWaitingCalls.includes(openapi.operationId ?? ''))
    .map(({ method, path, openapi }) => {
      const valid = validBodies[openapi.operationId ?? ''];
      const body = valid ? JSON.stringify(valid) : fileForm(memo);
      return { method: method.toUpperCase(), path: `/api/v1${path.replace(/\{\w+\}/, '1')}`, body };
    });
  const query = JSON.stringify({ query: '{ __typename } # 🦊' });
  const doors = [
    ...ofRest,
    { method: 'POST', path: '/graphql', body: query },
    { method: 'POST', path: '/graphql/stream', body: query },
  ];
  const pieces = [
    { what: 'one piece', size: Number.POSITIVE_INFINITY },
    { what: 'many pieces', size: 1_000 },
    { what: 'pieces that end within a character', size: 3 },
  ];

  const cases = doors.flatMap((door) =>
    pieces.map(({ what, size }) => [`${door.method} ${door.path}`, what, door, size] as const),
  );

  test.each(cases)('%s accepts its body in %s', async (_door, _what, { method, path, body }, size) => {
    const whole = new Response(body);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    const stream = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
        controller.close();
      },
    });
    const form = whole.headers.get('content-type') ?? '';
    const type = form.startsWith('multipart/') ? form : 'application/json';
    const headers = { 'content-type': type, accept: 'text/event-stream, application/json' };
    const init: RequestInit & { duplex: 'half' } = { method, headers, body: stream, duplex: 'half' };

    const response = await fetch(gateway.url + path, init);

    expect([response.status, await response.text()]).toEqual([
      200,
      expect.not.stringMatching(/"errors"|"detail"/),
    ]);
  });
});

describe('an id in a path', () => {
  test.each([
    ['text', 'abc', 'int_parsing'],
    ['a fraction', '1.5', 'int_parsing'],
    ['an exponent', '1e3', 'int_parsing'],
    ['hexadecimal', '0x1', 'int_parsing'],
    ['a broken escape', '%ff', 'int_parsing'],
    ['zero', '0', 'greater_than'],
    ['a negative number', '-1', 'greater_than'],
    ['a number beyond 32 bits', '2147483648', 'less_than_equal'],
    ['a number of 400 digits', '9'.repeat(400), 'less_than_equal'],
  ])('a session id that is %s is refused by every operation', async (_what, id, type) => {
    const targets: [string, RequestInit][] = [
      ['', request('GET')],
      ['', request('PATCH', {})],
      ['', request('DELETE')],
      ['/messages', request('GET')],
      ['/tokens', request('GET')],
      ['/chat', request('GET')],
      ['/chat', chat({ prompt: 'Hello' })],
      ['/clear-history', request('POST')],
      ['/cancel', request('POST')],
    ];
    for (const [path, init] of targets) {
      const { status, text } = await refusal(gateway, () => gateway.rest(`/sessions/${id}${path}`, init));
      expect(status).toBe(422);
      expect(JSON.parse(text)).toMatchObject({ detail: [{ loc: ['path', 'session_id'], type }] });
    }
  });
});

type Row = [what: string, path: string, init: RequestInit, loc: string[], type: string];

describe('a refusal', () => {
  const long = 'x'.repeat(300);
  const patch = (body: unknown) => request('PATCH', body);
  test.each<[path: string, init: RequestInit, named: RegExp]>([
    ['/sessions/1/chat', chat({ prompt: 'Hi', request_id: long }), /^request_id: /],
    ['/sessions/1/chat', chat({ prompt: 'Hi', provider_name: long }), /^provider_name: /],
    ['/sessions/1/chat', chat({ prompt: 'Hi', model_name: '' }), /^model_name: /],
    ['/sessions/1/chat', chat({ prompt: '\0' }), /^prompt: /],
    ['/sessions/1/chat', chat({ prompt: 'x'.repeat(300_000) }), /^prompt: /],
    ['/sessions/1/chat', chat({ prompt: 'Hi', settings: { temperature: 3 } }), /temperature/],
    ['/sessions/1/chat', chat({ prompt: 'Hi', settings: { max_output_tokens: 0 } }), /max_output_tokens/],
    ['/sessions/1/chat', chat({ prompt: 'Hi', settings: { response_schema: { type: 'array' } } }), /./],
    ['/sessions/1/chat', resume('1:999999'), /^The number behind the colon must be/],
    ['/sessions/', chat({ feature_name: long }), /^feature_name: /],
    ['/sessions/', chat({ user_id: '' }), /^user_id: /],
    ['/sessions/', chat({ system_prompt: 'x'.repeat(100_001) }), /^system_prompt: /],
    ['/sessions/1', patch({ title: long }), /^title: /],
    ['/sessions/1', patch({ provider_name: long }), /^provider_name: /],
    ['/sessions/1/nodes', chat({ node_ids: [long] }), /^node_ids\.0: /],
    ['/sessions/1/nodes', chat({ node_ids: ['a'], config: { source: 'server' } }), /./],
    ['/sessions/1/nodes', chat({ node_ids: ['a'], config: { source: 'node_local' } }), /./],
    ['/sessions/1/nodes', chat({ node_ids: ['a'], config: { source: 'empty', path: '/x' } }), /./],
    [
      '/sessions/1/nodes',
      chat({ node_ids: ['a'], config: { source: 'node_local', source_node_id: 'b' } }),
      /./,
    ],
    ['/sessions/1/nodes/nodeId', request('DELETE'), /"nodeId"/],
  ])('%s refuses %j in the names of REST', async (path, init, named) => {
    const response = await gateway.rest(path, init);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    const { detail } = await response.json();
    const told: { msg: string; loc: unknown[] }[] =
      typeof detail === 'string' ? [{ msg: detail, loc: [] }] : detail;
    expect(told[0]?.msg).toMatch(named);
    for (const { msg, loc } of told) {
      // What is quoted comes from the client.
      expect(msg.replaceAll(/"[^"]*"/g, '')).not.toMatch(
        /\b[a-z]+[A-Z]\w*|\binput\.|\bworkspace\.|\b(EMPTY|SERVER|NODE_LOCAL|OFF|ENQUEUE)\b/,
      );
      expect(loc.filter((key) => /[A-Z]/.test(String(key)))).toEqual([]);
    }
  });
});

describe('the REST API', () => {
  test.each<Row>([
    ['no prompt', '/sessions/1/chat', chat({}), ['body', 'prompt'], 'missing'],
    ['an empty prompt', '/sessions/1/chat', chat({ prompt: '' }), ['body', 'prompt'], 'string_too_short'],
    ['a blank prompt', '/sessions/1/chat', chat({ prompt: ' ' }), ['body', 'prompt'], 'value_error'],
    ['a prompt that is a number', '/sessions/1/chat', chat({ prompt: 5 }), ['body', 'prompt'], 'string_type'],
    [
      'a prompt with half a surrogate pair',
      '/sessions/1/chat',
      raw('{"prompt":"\\ud83d"}'),
      ['body', 'prompt'],
      'value_error',
    ],
    [
      'an unknown provider',
      '/sessions/1/chat',
      chat({ prompt: 'Hi', provider_name: 'acme' }),
      ['body', 'provider_name'],
      'value_error',
    ],
    [
      'an unknown model',
      '/sessions/1/chat',
      chat({ prompt: 'Hi', model_name: 'acme' }),
      ['body', 'model_name'],
      'value_error',
    ],
    [
      'an unknown on_busy',
      '/sessions/1/chat',
      chat({ prompt: 'Hi', on_busy: 'wait' }),
      ['body', 'on_busy'],
      'literal_error',
    ],
    [
      'an empty request id',
      '/sessions/1/chat',
      chat({ prompt: 'Hi', request_id: '' }),
      ['body', 'request_id'],
      'value_error',
    ],
    [
      'a request id of 201 characters',
      '/sessions/1/chat',
      chat({ prompt: 'Hi', request_id: 'x'.repeat(201) }),
      ['body', 'request_id'],
      'value_error',
    ],
    ['a missing body', '/sessions/1/chat', request('POST'), ['body'], 'missing'],
    ['a body that is an array', '/sessions/1/chat', chat([]), ['body'], 'model_attributes_type'],
    ['a body that is null', '/sessions/1/chat', chat(null), ['body'], 'model_attributes_type'],
    ['malformed JSON', '/sessions/1/chat', raw('{"prompt":'), ['body'], 'json_invalid'],
    [
      'a body that is not UTF-8',
      '/sessions/1/chat',
      raw(Buffer.from([0x22, 0xff, 0x22])),
      ['body'],
      'json_invalid',
    ],
    [
      'a body that is a form',
      '/sessions/1/chat',
      raw(new URLSearchParams({ prompt: 'Hi' }), {}),
      ['body'],
      'content_type',
    ],
    [
      'JSON with 15,000 levels',
      '/sessions/1/chat',
      raw(`{"prompt":${'['.repeat(15_000)}${']'.repeat(15_000)}}`),
      ['body', 'prompt'],
      'string_type',
    ],
    ['a malformed cursor', '/sessions/1/chat', resume('x'), ['header', 'last-event-id'], 'value_error'],
    ['a cursor of run 0', '/sessions/1/chat', resume('0:1'), ['header', 'last-event-id'], 'value_error'],
    [
      'a negative cursor',
      '/sessions/1/chat',
      resume('1:-1', 'GET'),
      ['header', 'last-event-id'],
      'value_error',
    ],
    [
      'a cursor beyond the end of the run that a POST resumes',
      '/sessions/1/chat',
      resume('1:100000'),
      ['header', 'last-event-id'],
      'value_error',
    ],
    [
      'a cursor beyond the end of the run that a GET follows',
      '/sessions/1/chat',
      resume('1:100000', 'GET'),
      ['header', 'last-event-id'],
      'value_error',
    ],
    ['a title that is a number', '/sessions/', chat({ title: 5 }), ['body', 'title'], 'string_type'],
    [
      'a title of 201 characters',
      '/sessions/',
      chat({ title: 'x'.repeat(201) }),
      ['body', 'title'],
      'value_error',
    ],
    ['a blank feature', '/sessions/', chat({ feature_name: ' ' }), ['body', 'feature_name'], 'value_error'],
    ['an empty user', '/sessions/', chat({ user_id: '' }), ['body', 'user_id'], 'value_error'],
    [
      'a session of an unknown provider',
      '/sessions/',
      chat({ provider_name: 'acme' }),
      ['body', 'provider_name'],
      'value_error',
    ],
    [
      'a change to an unknown model',
      '/sessions/1',
      request('PATCH', { model_name: 'acme' }),
      ['body', 'model_name'],
      'value_error',
    ],
    ['a list of sessions without user_id', '/sessions/', request('GET'), ['query', 'user_id'], 'missing'],
    [
      'a list of sessions with an empty user_id',
      '/sessions/?user_id=',
      request('GET'),
      ['query', 'user_id'],
      'string_too_short',
    ],
    [
      'a deletion of sessions without user_id',
      '/sessions/',
      request('DELETE'),
      ['query', 'user_id'],
      'missing',
    ],
  ])('%s is refused with 422 at its place in the request', async (_what, path, init, loc, type) => {
    const { status, text } = await refusal(gateway, () => gateway.rest(path, init));

    expect(status).toBe(422);
    expect(JSON.parse(text)).toMatchObject({ detail: [{ loc, type, msg: expect.any(String) }] });
  });

  test.each([
    ['a prompt of 1 MB', chat({ prompt: 'a'.repeat(1_000_000) }), /prompt/],
    ['a body of 3 MB', chat({ prompt: 'a'.repeat(3_000_000) }), /body/],
  ])('%s is refused with 413', async (_what, init, detail) => {
    const { status, text } = await refusal(gateway, () => gateway.rest('/sessions/1/chat', init));
    expect(status).toBe(413);
    expect(JSON.parse(text)).toEqual({ detail: expect.stringMatching(detail) });
  });

  test('the gateway answers the next request after a body that was too large', async () => {
    for (let times = 0; times < 5; times += 1) {
      const large = await gateway.rest('/sessions/1/chat', chat({ prompt: 'a'.repeat(3_000_000) }));
      expect(large.status).toBe(413);
      await large.text();
      expect((await gateway.rest('/sessions/1')).status).toBe(200);
    }
  });

  test.each([
    ['the run of another session to resume', '/sessions/1/chat', resume('99:1')],
    ['an unknown path', '/sessions/1/colour', request('GET')],
    ['the base of the API', '/', request('GET')],
  ])('a request for %s gets 404', async (_what, path, init) => {
    const { status, text } = await refusal(gateway, () => gateway.rest(path, init));
    expect(status).toBe(404);
    expect(JSON.parse(text)).toEqual({ detail: expect.any(String) });
  });

  test('a prompt is answered after all the refused requests', async () => {
    const response = await gateway.rest('/sessions/1/chat', chat({ prompt: 'Hello' }));
    expect(await response.text()).toContain('"type":"finish"');
  });
});
