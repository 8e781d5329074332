import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reportLife, watchCall } from '../../../../src/chat/models/call/call-watch.ts';
import { allParts, apiKey, call, modelOf, outcome } from '../../../support/model/call.ts';
import { type ModelServer, startModelServer } from '../../../support/model/model-server.ts';
import {
  createGate,
  cutSocket,
  endWithoutFinish,
  errorChunk,
  garbage,
  raw,
  silence,
  status,
  type Turn,
  text,
} from '../../../support/model/turn.ts';

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const failures: [name: string, turn: Turn, code: string][] = [
  [
    '401',
    [status(401, { error: { type: 'authentication_error', code: 'invalid_api_key' } })],
    'PROVIDER_UNAUTHORIZED',
  ],
  ['403', [status(403, { error: { type: 'permission_error' } })], 'PROVIDER_UNAUTHORIZED'],
  ['429', [status(429, { error: { type: 'rate_limit_error' } })], 'PROVIDER_RATE_LIMITED'],
  ['a used-up quota', [status(429, { error: { code: 'insufficient_quota' } })], 'PROVIDER_RATE_LIMITED'],
  ['500', [status(500)], 'PROVIDER_UNAVAILABLE'],
  ['502 in HTML', [status(502, { body: '<html>Bad gateway</html>' })], 'PROVIDER_UNAVAILABLE'],
  ['529', [status(529, { error: { type: 'overloaded_error' } })], 'PROVIDER_UNAVAILABLE'],
  ['400', [status(400, { error: { type: 'invalid_request_error' } })], 'PROVIDER_REJECTED'],
  [
    '404',
    [status(404, { error: { type: 'not_found_error', code: 'model_not_found' } })],
    'PROVIDER_REJECTED',
  ],
  [
    'a context that is too long',
    [status(400, { error: { message: 'prompt is too long: 213462 tokens > 200000 maximum' } })],
    'CONTEXT_TOO_LONG',
  ],
  [
    'a context that is too long, by its code',
    [status(400, { error: { code: 'context_length_exceeded', type: 'context_length_exceeded' } })],
    'CONTEXT_TOO_LONG',
  ],
  ['a socket cut before the headers', [cutSocket()], 'PROVIDER_UNREACHABLE'],
  ['an empty body', [endWithoutFinish()], 'PROVIDER_STREAM_CUT'],
  ['garbage', [garbage()], 'PROVIDER_BAD_RESPONSE'],
  ['garbage after text', [text('Hel'), garbage()], 'PROVIDER_BAD_RESPONSE'],
  [
    'an error chunk without a known type',
    [text('Hel'), errorChunk({ type: 'boom' })],
    'PROVIDER_BAD_RESPONSE',
  ],
  ['an overload at once', [errorChunk({ type: 'overloaded_error' })], 'PROVIDER_UNAVAILABLE'],
  ['an overload after text', [text('Hel'), errorChunk({ type: 'overloaded_error' })], 'PROVIDER_UNAVAILABLE'],
  ['a rate limit at once', [errorChunk({ type: 'rate_limit_error' })], 'PROVIDER_RATE_LIMITED'],
  [
    'a rate limit after text',
    [text('Hel'), errorChunk({ type: 'rate_limit_error' })],
    'PROVIDER_RATE_LIMITED',
  ],
  [
    'a context that is found too long after text',
    [text('Hel'), errorChunk({ type: 'invalid_request_error', message: 'prompt is too long' })],
    'CONTEXT_TOO_LONG',
  ],
];

describe.each(['openai-compatible', 'openai', 'anthropic'] as const)('a call of %s', (provider) => {
  test.each(failures)('a call that fails by %s reports the code of the failure', async (_, turn, code) => {
    server.script(turn);
    const { error } = await outcome(call(modelOf(server, provider)));
    expect(error).toMatchObject({ name: 'ProviderError', code });
  });

  test('a call reports a time-out when the provider sends nothing', async () => {
    server.script([silence()]);
    const { error } = await outcome(call(modelOf(server, provider), { idleTimeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'PROVIDER_TIMEOUT', message: 'The model provider stopped sending.' });
    await (await server.request(0)).aborted;
  });

  test('a call reports a time-out when the provider stops in the middle of the answer', async () => {
    server.script([text('Hel'), silence()]);
    const { answer, error } = await outcome(call(modelOf(server, provider), { idleTimeoutMs: 200 }));
    expect({ answer, error }).toMatchObject({ answer: 'Hel', error: { code: 'PROVIDER_TIMEOUT' } });
    await (await server.request(0)).aborted;
  });

  test('a call reports that the provider cannot be reached', async () => {
    const gone = await startModelServer();
    await gone[Symbol.asyncDispose]();
    expect((await outcome(call(modelOf(gone, provider)))).error).toMatchObject({
      code: 'PROVIDER_UNREACHABLE',
    });
  });
});

describe('a response of OpenAI that failed', () => {
  const failed = (code: string, message: string) =>
    raw(
      `event: response.failed\ndata: ${JSON.stringify({
        type: 'response.failed',
        sequence_number: 2,
        response: { error: { code, message } },
      })}\n\n`,
    );

  test.each([
    ['rate_limit_exceeded', 'Slow down.', 'PROVIDER_RATE_LIMITED'],
    ['server_error', 'An error occurred.', 'PROVIDER_UNAVAILABLE'],
    ['invalid_prompt', 'This prompt breaks a rule.', 'PROVIDER_REJECTED'],
    ['context_length_exceeded', 'Your input exceeds the context window.', 'CONTEXT_TOO_LONG'],
  ])('the code %s is reported at once and after text', async (providerCode, message, code) => {
    for (const before of [[], [text('Hel')]]) {
      server.script([...before, failed(providerCode, message), endWithoutFinish()]);
      const { error } = await outcome(call(modelOf(server, 'openai')));
      expect(error).toMatchObject({ name: 'ProviderError', code });
    }
  });
});

describe('the message of a failure', () => {
  test('the message of a rejection contains the words of the provider', async () => {
    server.script([status(404, { error: { message: 'The model `tiny` does not exist.' } })]);
    expect((await outcome(call(modelOf(server, 'openai')))).error).toMatchObject({
      message: 'The model provider rejected the request: The model `tiny` does not exist.',
    });
  });

  test('the message leaves out keys and addresses', async () => {
    const message = `Key ${apiKey} is wrong for ${server.openaiUrl}, see platform.example.com/keys.\nsecond line`;
    server.script([status(400, { error: { message } }), status(400, { error: { message } })]);
    const { error } = await outcome(call(modelOf(server, 'openai')));
    expect(error).toMatchObject({
      message: 'The model provider rejected the request: Key […] is wrong for […] see […]',
    });
  });

  test('the message about a refused key does not contain the key', async () => {
    server.script([status(401, { error: { message: `Incorrect API key provided: ${apiKey}` } })]);
    expect((await outcome(call(modelOf(server, 'openai')))).error).toMatchObject({
      message: 'The model provider refused the credentials of this gateway: Incorrect API key provided: […]',
    });
  });

  test('a key that Google refuses with 400 is reported as unauthorized', async () => {
    const body = JSON.stringify({
      error: {
        code: 400,
        message: 'API key not valid.',
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
    });
    server.script([status(400, { body })]);
    expect((await outcome(call(modelOf(server, 'google')))).error).toMatchObject({
      code: 'PROVIDER_UNAUTHORIZED',
    });
  });

  test('a web page with the status 200 is reported as a bad response', async () => {
    server.script([status(200, { headers: { 'content-type': 'text/html' }, body: '<html>Hello</html>' })]);
    expect((await outcome(call(modelOf(server, 'openai-compatible')))).error).toMatchObject({
      code: 'PROVIDER_BAD_RESPONSE',
    });
  });
});

const words = 'The model is overloaded';
const inHtml = { headers: { 'content-type': 'text/html' } };
const unavailable = `The model provider is failing; try again later: ${words}`;

describe.each(['openai-compatible', 'anthropic', 'google'] as const)('a refusal of %s', (provider) => {
  test.each<[name: string, code: number, body: unknown, message: string]>([
    ['an error as a string', 503, { error: words }, unavailable],
    ['a detail', 503, { detail: words }, unavailable],
    ['a list of details', 503, { detail: [{ loc: ['body'], msg: words, type: 'x' }] }, unavailable],
    ['a message', 503, { message: words }, unavailable],
    ['a list', 503, [{ error: { message: words, code: 503 } }], unavailable],
    ['a list of errors', 503, { errors: [{ message: words }] }, unavailable],
    ['a JSON string', 503, JSON.stringify(words), unavailable],
    [
      'JSON within a message',
      503,
      { error: { message: JSON.stringify({ error: { message: words } }) } },
      unavailable,
    ],
    ['words', 503, `\n${words}\nat server.js`, unavailable],
    ['a web page', 503, `<html><title>${words}</title><h1>Sorry</h1></html>`, unavailable],
    ['the status INTERNAL', 500, { error: { code: 500, status: 'INTERNAL', message: words } }, unavailable],
    [
      'half a character and a mark of direction',
      503,
      `{"error":{"message":"${words}\\u202e \\ud83d"}}`,
      `${unavailable} \uFFFD`,
    ],
    [
      'a page of a proxy that takes no such prompt',
      413,
      '<html><title>413 Request Entity Too Large</title></html>',
      'The prompt does not fit into the context of the model: 413 Request Entity Too Large',
    ],
    ['the status 300', 300, '', 'The model provider sent something that is not a valid answer.'],
    ['the status 999', 999, '', 'The model provider answered with the status 999.'],
    ['nothing', 503, '', 'The model provider is failing; try again later.'],
    ['an empty object', 503, {}, 'The model provider is failing; try again later.'],
    [
      'its key',
      400,
      { detail: `${apiKey} is wrong` },
      'The model provider rejected the request: […] is wrong',
    ],
    [
      'a refused key with 400',
      400,
      { error: 'Invalid API key' },
      'The model provider refused the credentials of this gateway: Invalid API key',
    ],
  ])('a refusal with %s is told in its words', async (_, code, body, message) => {
    server.script([
      status(code, { ...inHtml, body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ]);
    expect((await outcome(call(modelOf(server, provider)))).error).toMatchObject({ message });
  });
});

test.each([
  "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
  'Please reduce the length of the messages or completion.',
  'prompt is too long: 213462 tokens > 200000 maximum',
  'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
  'the request exceeds the available context size. try increasing the context size',
  'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
  'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000',
  'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
  'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
  'input tokens exceed the configured limit of 272000 tokens',
  'Input is too long for requested model.',
  'exceeded max context length by 100 tokens',
])('a refusal is recognised as a context that is too long: %s', async (message) => {
  server.script([status(400, { body: JSON.stringify({ detail: message }) })]);
  const { error } = await outcome(call(modelOf(server, 'openai-compatible')));
  expect(error).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
});

describe('signs of life', () => {
  test('a watch waits while it hears of signs of life, but not without end', async () => {
    vi.useFakeTimers();
    try {
      using watch = watchCall(new AbortController().signal, 1_000);
      let ended = false;
      const waiting = watch.wait(new Promise(() => {})).catch((error: unknown) => {
        ended = true;
        return error;
      });
      for (let at = 0; at < 9_000; at += 500) {
        await vi.advanceTimersByTimeAsync(500);
        reportLife(watch.signal);
      }
      expect(ended).toBe(false);
      for (let at = 9_000; at < 11_500; at += 500) {
        await vi.advanceTimersByTimeAsync(500);
        reportLife(watch.signal);
      }
      expect(await waiting).toMatchObject({ code: 'PROVIDER_TIMEOUT' });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(['openai-compatible', 'anthropic', 'google'] as const)(
    'a call of %s outlasts its idle limit while the provider sends comments',
    async (provider) => {
      const gates = Array.from({ length: 5 }, () => createGate());
      server.script([...gates.flatMap((gate) => [gate, raw(': waiting\n\n')]), text('Hello')]);
      const answer = outcome(call(modelOf(server, provider), { idleTimeoutMs: 900 }));
      for (const gate of gates) {
        await gate.reached;
        setTimeout(gate.release, 300);
      }
      expect(await answer).toEqual({ answer: 'Hello', error: undefined });
    },
  );
});

describe('retries', () => {
  const soon = { headers: { 'retry-after-ms': '1' } };

  test('a call is answered after a rate limit and an outage, and no part comes twice', async () => {
    server.script([status(429, soon)], [status(503, soon)], [text('Hello')]);
    const parts = await allParts(call(modelOf(server, 'openai-compatible'), { maxRetries: 2 }));
    expect(parts.map(({ type }) => type)).toEqual(['text-start', 'text-delta', 'text-end', 'finish']);
    expect(server.requests).toHaveLength(3);
  });

  test('a call is answered after a connection that was cut before the headers', async () => {
    server.script([cutSocket()], [text('Hello')]);
    expect(await outcome(call(modelOf(server, 'anthropic'), { maxRetries: 1 }))).toMatchObject({
      answer: 'Hello',
    });
  });

  test('retry-after is understood in seconds and as a date', async () => {
    const past = new Date(0).toUTCString();
    server.script(
      [status(429, { headers: { 'retry-after': '0' } })],
      [status(429, { headers: { 'retry-after': past } })],
      [text('Hello')],
    );
    expect(await outcome(call(modelOf(server, 'openai'), { maxRetries: 2 }))).toMatchObject({
      answer: 'Hello',
    });
  });

  test('a call fails after maxRetries retries', async () => {
    server.otherwise(() => [status(429, soon)]);
    const { error } = await outcome(call(modelOf(server, 'openai'), { maxRetries: 2 }));
    expect(error).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' });
    expect(server.requests).toHaveLength(3);
  });

  test('a call is not retried after the first part of the answer', async () => {
    server.script([text('Hel'), errorChunk({ type: 'overloaded_error' })]);
    const { answer, error } = await outcome(call(modelOf(server, 'openai-compatible'), { maxRetries: 3 }));
    expect({ answer, error }).toMatchObject({ answer: 'Hel', error: { code: 'PROVIDER_UNAVAILABLE' } });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['a refused key', status(401)],
    ['a rejected request', status(400)],
    ['a used-up quota', status(429, { error: { code: 'insufficient_quota' } })],
  ])('a call is not retried after %s', async (_, refusal) => {
    server.otherwise(() => [refusal]);
    await outcome(call(modelOf(server, 'openai'), { maxRetries: 3 }));
    expect(server.requests).toHaveLength(1);
  });

  test('aborting ends the wait before a retry at once', async () => {
    server.script([status(429, { headers: { 'retry-after': '50' } })]);
    const alice = new AbortController();
    const reason = new Error('Alice pressed stop.');
    const ended = outcome(call(modelOf(server, 'openai'), { maxRetries: 3, signal: alice.signal }));
    await server.request(0);
    alice.abort(reason);
    expect((await ended).error).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});
