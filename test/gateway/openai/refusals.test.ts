import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { scripted as model, openAiClient, postOpenAi } from '../../support/gateway/openai-client.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({
  settings: {
    ...jwtSettings,
    MAX_BODY_BYTES: '20000',
    MAX_PROMPT_BYTES: '1000',
    MAX_REQUESTS_PER_MINUTE: '200',
    CORS_ORIGINS: 'https://app.example',
  },
});

const messages = [{ role: 'user' as const, content: 'Hi' }];
const bearer = async (sub: string) => ({ authorization: `Bearer ${await signJwt({ sub })}` });

/** Sends a body to one of the two dialects, and returns the error. */
async function refusal(path: string, body: unknown, headers?: Record<string, string>) {
  const response = await postOpenAi(shared(), path, body, headers ?? (await bearer('alice')));
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string };
  };
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code']);
  return {
    status: response.status,
    headers: response.headers,
    ...error,
  };
}

describe('who may ask', () => {
  test('a request without a token, and one with a wrong token, is refused as OpenAI does', async () => {
    const missing = await refusal('/chat/completions', { model, messages }, {});
    expect(missing).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' });
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    await expect(openAiClient(shared(), 'wrong').models.list()).rejects.toMatchObject({ status: 401 });
  });

  test('responses, conversations and sessions of other users do not exist', async () => {
    const gateway = shared();
    gateway.model.script([text('Hi')], [text('Mine')], [text('Hers')]);
    const alice = openAiClient(gateway, await signJwt({ sub: 'alice' }));
    const bob = openAiClient(gateway, await signJwt({ sub: 'bob' }));
    const { id, conversation } = await alice.responses.create({ model, input: 'Hi' });
    const conv = conversation?.id ?? '';
    const notThere = { status: 404, code: 'not_found' };
    await expect(bob.responses.retrieve(id)).rejects.toMatchObject(notThere);
    await expect(bob.responses.cancel(id)).rejects.toMatchObject(notThere);
    await expect(bob.responses.delete(id)).rejects.toMatchObject(notThere);
    await expect(bob.responses.inputItems.list(id)).rejects.toMatchObject(notThere);
    await expect(bob.conversations.retrieve(conv)).rejects.toMatchObject(notThere);
    await expect(bob.conversations.delete(conv)).rejects.toMatchObject(notThere);
    const behind = bob.responses.create({ model, input: 'Hi', previous_response_id: id });
    await expect(behind).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
    const within = bob.responses.create({ model, input: 'Hi', conversation: conv });
    await expect(within).rejects.toMatchObject({ status: 400, code: 'conversation_not_found' });
    const named = bob.chat.completions.create({ model, messages }, { headers: { 'X-Session-Id': conv } });
    await expect(named).rejects.toMatchObject(notThere);
    // The same messages of two users are two conversations.
    const history = [...messages, { role: 'assistant' as const, content: 'Hi' }, ...messages];
    const mine = await alice.chat.completions.create({ model, messages: history }).withResponse();
    const hers = await bob.chat.completions.create({ model, messages: history }).withResponse();
    expect(hers.response.headers.get('x-session-id')).not.toBe(mine.response.headers.get('x-session-id'));
  });

  test('pages of other origins are refused, and pages of allowed ones may read the answer', async () => {
    const evil = {
      ...(await bearer('alice')),
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    };
    expect(await refusal('/responses', { model, input: 'Hi' }, evil)).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    const response = await fetch(`${shared().url}/v1/models`, {
      headers: { ...(await bearer('alice')), origin: 'https://app.example' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-expose-headers')).toContain('X-Session-Id');
  });
});

describe('what is asked', () => {
  test('unknown addresses and methods are refused in the form of OpenAI', async () => {
    const headers = await bearer('alice');
    const unknown = await fetch(`${shared().url}/v1/embeddings`, { method: 'POST', headers });
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: 'unknown_url' } }]);
    const wrong = await fetch(`${shared().url}/v1/chat/completions`, { headers });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const client = openAiClient(shared(), await signJwt({ sub: 'alice' }));
    for (const id of [
      'resp_0',
      'resp_x',
      'chatcmpl-1',
      'resp_99999999999',
      'resp_2147483647',
      '%00',
      'resp_1%2e',
    ]) {
      await expect(client.responses.retrieve(id)).rejects.toMatchObject({
        status: expect.toBeOneOf([400, 404]),
      });
    }
    await expect(client.models.retrieve('nobody/none')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  test('bodies that are too large, of another type or no JSON are refused', async () => {
    const large = await refusal('/responses', { model, input: 'x'.repeat(30_000) });
    expect(large).toMatchObject({ status: 413, code: 'payload_too_large' });
    expect(large.headers.get('connection')).toBe('close');
    expect(await refusal('/responses', { model, input: 'x'.repeat(2_000) })).toMatchObject({
      status: 413,
      param: 'input',
    });
    const headers = await bearer('alice');
    const plain = { ...headers, 'content-type': 'text/plain' };
    expect(await refusal('/responses', '{}', plain)).toMatchObject({ status: 415 });
    expect(await refusal('/chat/completions', '{"messages":', headers)).toMatchObject({
      code: 'invalid_json',
    });
    for (const body of ['[]', 'null', '1', '"x"']) {
      expect(await refusal('/chat/completions', body, headers)).toMatchObject({
        status: 400,
        code: 'invalid_type',
      });
    }
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['no messages', { messages: undefined }, 'messages'],
    ['an empty list', { messages: [] }, 'messages'],
    ['a text in place of a list', { messages: 'Hi' }, 'messages'],
    ['a message that is no object', { messages: [1] }, 'messages[0]'],
    ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    ['a message without content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['a blank prompt', { messages: [{ role: 'user', content: ' \n' }] }, 'messages[0].content'],
    ['an answer at the end', { messages: [...messages, { role: 'assistant', content: 'x' }] }, 'messages'],
    ['an answer first', { messages: [{ role: 'assistant', content: 'x' }, ...messages] }, 'messages[0].role'],
    ['late instructions', { messages: [...messages, { role: 'system', content: 'x' }] }, 'messages[1].role'],
    [
      'the result of a tool',
      { messages: [{ role: 'tool', content: 'x', tool_call_id: 'a' }] },
      'messages[0].role',
    ],
    [
      'a part of an unknown type',
      { messages: [{ role: 'user', content: [{ type: 'x' }] }] },
      'messages[0].content[0].type',
    ],
    [
      'a file that is no base64',
      {
        messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: 'data:a/b;base64,%%' } }] }],
      },
      'messages[0].content[0].file.file_data',
    ],
    ['half a character', { messages: [{ role: 'user', content: '\ud800' }] }, 'messages'],
    ['several answers', { n: 2 }, 'n'],
    ['a stop sequence', { stop: 'x' }, 'stop'],
    ['a seed', { seed: 1 }, 'seed'],
    ['top_p', { top_p: 0.5 }, 'top_p'],
    ['a penalty', { presence_penalty: 1 }, 'presence_penalty'],
    ['probabilities', { logprobs: true }, 'logprobs'],
    ['sound', { modalities: ['text', 'audio'] }, 'modalities'],
    ['a free form of JSON', { response_format: { type: 'json_object' } }, 'response_format.type'],
    [
      'a schema of no object',
      { response_format: { type: 'json_schema', json_schema: { schema: { type: 'array' } } } },
      'response_format',
    ],
    ['an unknown effort', { reasoning_effort: 'huge' }, 'reasoning_effort'],
    ['a wrong temperature', { temperature: 3 }, 'temperature'],
    ['no whole number', { max_tokens: 1.5 }, 'max_tokens'],
    ['a negative number', { max_tokens: -1 }, 'max_completion_tokens'],
    ['both limits', { max_tokens: 1, max_completion_tokens: 1 }, 'max_tokens'],
    ['an unknown parameter', { temprature: 1 }, 'temprature'],
    ['a dangerous name', JSON.parse('{"__proto__": {"x": 1}}'), '__proto__'],
    ['metadata that are no texts', { metadata: { a: 1 } }, 'metadata.a'],
  ])('Chat Completions names the parameter: %s', async ([, change, param]) => {
    const body = JSON.stringify({ model, messages, ...change }).replace(
      /}$/,
      Object.hasOwn(change, '__proto__') ? ',"__proto__":{"x":1}}' : '}',
    );
    const refused = await refusal('/chat/completions', body);
    expect({ status: refused.status, param: refused.param }).toEqual({ status: 400, param });
    expect(shared().model.requests).toEqual([]);
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['no input', { input: undefined }, 'input'],
    [
      'an item of a tool',
      { input: [{ type: 'function_call_output', call_id: 'a', output: 'x' }] },
      'input[0].role',
    ],
    ['an item without a role', { input: [{ content: 'x' }] }, 'input[0].role'],
    [
      'a file of another server',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x.example/a.png' }] }] },
      'input[0].content[0].image_url',
    ],
    ['an id of another shape', { previous_response_id: 'resp_x' }, 'previous_response_id'],
    ['two places', { previous_response_id: 'resp_1', conversation: 'conv_1' }, 'previous_response_id'],
    ['a background that is not stored', { background: true, store: false }, 'background'],
    ['tools', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['no truncation', { truncation: 'disabled' }, 'truncation'],
    ['a stored prompt', { prompt: { id: 'x' } }, 'prompt'],
    ['more to include', { include: ['message.output_text.logprobs'] }, 'include'],
    ['another verbosity', { text: { verbosity: 'low' } }, 'text.verbosity'],
    ['long instructions', { instructions: 'x'.repeat(15_000), input: '' }, 'input.content'],
  ])('Responses names the parameter: %s', async ([, change, param]) => {
    const refused = await refusal('/responses', { model, input: 'Hi', ...change });
    expect({ status: refused.status, param: refused.param }).toEqual({ status: 400, param });
  });

  test('a wrong place in a stream is refused', async () => {
    const gateway = shared();
    gateway.model.script([text('Hi')]);
    const headers = await bearer('alice');
    const { id } = await openAiClient(gateway, await signJwt({ sub: 'alice' })).responses.create({
      model,
      input: 'Hi',
    });
    for (const query of [
      'stream=maybe',
      'starting_after=1',
      'stream=true&starting_after=-1',
      'stream=true&starting_after=x',
    ]) {
      const response = await fetch(`${gateway.url}/v1/responses/${id}?${query}`, { headers });
      expect([query, response.status]).toEqual([query, 400]);
    }
  });

  test('a name of a model with an escaped slash leads to the model, and dots lead nowhere', async () => {
    const { authorization } = await bearer('alice');
    const statusOf = (path: string) =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(shared().url);
        request({ hostname, port, path, headers: { authorization } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await statusOf(`/v1/models/${encodeURIComponent(model)}`)).toBe(200);
    expect(await statusOf(`/v1/models/${model}`)).toBe(200);
    expect(await statusOf('/v1/models/%2e%2e%2fresponses')).toBe(400);
    expect(await statusOf('/v1/responses/a%2fb')).toBe(400);
  });

  test('a client that sends too many requests gets 429 and is told when to come back', async () => {
    const token = await signJwt({ sub: 'hasty' });
    const asked = Array.from({ length: 230 }, () =>
      fetch(`${shared().url}/v1/models/x`, { headers: { authorization: `Bearer ${token}` } }),
    );
    const refused = (await Promise.all(asked)).filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused[0]?.json()).toMatchObject({
      error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    });
  });
});
