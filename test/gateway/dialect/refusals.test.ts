import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { partsOf, TestChat } from '../../support/gateway/ai-sdk-chat.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({
  settings: {
    ...jwtSettings,
    MAX_BODY_BYTES: '20000',
    MAX_PROMPT_BYTES: '1000',
    CORS_ORIGINS: 'https://app.example',
  },
});

const hi = { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] };
const said = { id: 'u1', role: 'user', content: 'Hi' };
const bodies = {
  '/ai-sdk/chat': { id: 'chat', messages: [hi] },
  '/ag-ui': { threadId: 'thread', runId: 'run', messages: [said] },
} as const;
const doors = Object.keys(bodies) as (keyof typeof bodies)[];
const bearer = async (sub: string) => ({ authorization: `Bearer ${await signJwt({ sub })}` });

/** Sends a body to a door, and returns the error. */
async function refusal(path: string, body: unknown, headers?: Record<string, string>) {
  const response = await fetch(`${shared().url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers ?? (await bearer('alice'))) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string };
  };
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code']);
  return { status: response.status, headers: response.headers, ...error };
}

describe('every dialect', () => {
  test.for(doors)('%s refuses requests as every other door does', async (path) => {
    const body = bodies[path];
    const missing = await refusal(path, body, {});
    expect(missing).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    const evil = {
      ...(await bearer('alice')),
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    };
    expect(await refusal(path, body, evil)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await refusal(path, '[')).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(await refusal(path, '[]')).toMatchObject({ status: 400 });
    expect(await refusal(path, {})).toMatchObject({
      status: 400,
      param: Object.keys(body)[0],
    });
    const plain = { ...(await bearer('alice')), 'content-type': 'text/plain' };
    expect(await refusal(path, body, plain)).toMatchObject({ status: 415 });
    const large = await refusal(path, { ...body, more: 'x'.repeat(30_000) });
    expect(large).toMatchObject({ status: 413, code: 'payload_too_large' });
    const wrong = await fetch(`${shared().url}${path}`, { headers: await bearer('alice') });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const unknown = await refusal(`${path}/x/y/z`, body);
    expect(unknown).toMatchObject({ status: 404, code: 'unknown_url' });
    expect(shared().model.requests).toEqual([]);
  });

  test('a page of an allowed origin may read the answer', async () => {
    shared().model.otherwise(() => [text('Hi')]);
    for (const path of doors) {
      const response = await fetch(`${shared().url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          origin: 'https://app.example',
          ...(await bearer('carol')),
        },
        body: JSON.stringify(bodies[path]),
      });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(await response.text()).toContain('Hi');
    }
  });

  test('a name of a conversation counts for its user, and sessions of others do not exist', async () => {
    const gateway = shared();
    gateway.model.otherwise(() => [text('Mine')]);
    const alice = new TestChat(gateway, { id: 'same', token: await signJwt({ sub: 'alice' }) });
    const bob = new TestChat(gateway, { id: 'same', token: await signJwt({ sub: 'bob' }) });
    await alice.sendMessage({ text: 'One' });
    await bob.sendMessage({ text: 'Two' });
    const session = alice.lastMessage?.metadata?.sessionId ?? '';
    expect(session).toMatch(/^conv_/);
    expect(bob.lastMessage?.metadata?.sessionId).not.toBe(session);
    const foreign = { ...bodies['/ai-sdk/chat'], id: session };
    expect(await refusal('/ai-sdk/chat', foreign, await bearer('bob'))).toMatchObject({
      status: 404,
      param: 'id',
    });
    const thread = { ...bodies['/ag-ui'], threadId: session };
    expect(await refusal('/ag-ui', thread, await bearer('bob'))).toMatchObject({
      status: 404,
      param: 'threadId',
    });
    const stream = `${gateway.url}/ai-sdk/chat/${session}/stream`;
    expect((await fetch(stream, { headers: await bearer('bob') })).status).toBe(404);
    expect((await fetch(stream, { headers: await bearer('bob'), method: 'DELETE' })).status).toBe(404);
    expect((await fetch(stream, { headers: await bearer('alice') })).status).toBe(204);
  });

  test('answers and calls of another conversation or user are refused, and change nothing', async () => {
    const gateway = shared();
    const call = toolCall('w', 'f', {});
    gateway.model.script([call], [text('Done.')]);
    const tools = { f: { inputSchema: { type: 'object' } } };
    const alice = new TestChat(gateway, {
      id: 'calls',
      token: await signJwt({ sub: 'alice' }),
      body: { tools },
    });
    await alice.sendMessage({ text: 'Go' });
    expect(partsOf(alice.lastMessage)).toEqual(['step-start', 'f({}) input-available']);
    const [part] = alice.lastMessage?.parts.filter(({ type }) => type === 'tool-f') ?? [];
    const answered = { ...part, state: 'output-available', output: 1 };
    const reply = (id: string, parts: unknown[]) => ({
      id,
      messages: [hi, { id: 'a', role: 'assistant', parts }],
    });
    const elsewhere = { status: 400, param: 'messages[1].parts[0]' };
    expect(await refusal('/ai-sdk/chat', reply('other', [answered]))).toMatchObject(elsewhere);
    const asBob = await refusal('/ai-sdk/chat', reply('calls', [answered]), await bearer('bob'));
    expect(asBob).toMatchObject(elsewhere);
    const made = { ...answered, toolCallId: 'call_2147483647_w' };
    expect(await refusal('/ai-sdk/chat', reply('calls', [made]))).toMatchObject(elsewhere);
    expect(await refusal('/ai-sdk/chat', reply('calls', []))).toMatchObject({
      status: 400,
      param: 'messages[1]',
    });
    expect(gateway.model.requests).toHaveLength(1);
    const response = await fetch(`${gateway.url}/ai-sdk/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await bearer('alice')) },
      body: JSON.stringify(reply('calls', [answered])),
    });
    expect(await response.text()).toContain('Done.');
  });

  test.for<[string, string, object, string]>([
    ['no messages', '/ai-sdk/chat', { messages: [] }, 'messages'],
    ['an unknown role', '/ai-sdk/chat', { messages: [{ ...hi, role: 'tool' }] }, 'messages[0].role'],
    ['a prompt without text', '/ai-sdk/chat', { messages: [{ ...hi, parts: [] }] }, 'messages[0].content'],
    [
      'parts that are not objects',
      '/ai-sdk/chat',
      { messages: [{ ...hi, parts: [1] }] },
      'messages[0].parts[0]',
    ],
    [
      'a file of another server',
      '/ai-sdk/chat',
      {
        messages: [
          { ...hi, parts: [{ type: 'file', url: 'https://x.example/a.png', mediaType: 'image/png' }] },
        ],
      },
      'messages[0].parts[0].url',
    ],
    [
      'a prompt that is too long',
      '/ai-sdk/chat',
      { messages: [{ ...hi, parts: [{ type: 'text', text: 'x'.repeat(2_000) }] }] },
      'messages',
    ],
    [
      'half a character',
      '/ai-sdk/chat',
      { messages: [{ ...hi, parts: [{ type: 'text', text: '\ud800' }] }] },
      'messages',
    ],
    ['an unknown model', '/ai-sdk/chat', { model: 'nobody/x' }, 'model'],
    ['a tool without a name', '/ai-sdk/chat', { tools: { '': {} } }, 'tools[0].name'],
    [
      'a schema of no object',
      '/ai-sdk/chat',
      { tools: { f: { inputSchema: { type: 'text' } } } },
      'tools[0].parameters',
    ],
    ['a long name', '/ai-sdk/chat', { id: 'x'.repeat(201) }, 'id'],
    ['an unknown trigger', '/ai-sdk/chat', { trigger: 'go' }, 'trigger'],
    ['a thread without messages', '/ag-ui', { messages: [] }, 'messages'],
    [
      'a tool message without its call',
      '/ag-ui',
      { messages: [said, { id: 't', role: 'tool', content: '' }] },
      'messages[1].toolCallId',
    ],
    [
      'an unknown decision',
      '/ag-ui',
      { resume: [{ interruptId: 'x', status: 'maybe' }] },
      'resume[0].status',
    ],
    [
      'a decision about nothing',
      '/ag-ui',
      { resume: [{ interruptId: 'x', status: 'resolved' }] },
      'resume[0]',
    ],
    ['a blank prompt', '/ag-ui', { messages: [{ ...said, content: ' ' }] }, 'messages[0].content'],
  ])('names what is wrong: %s', async ([, path, change, param]) => {
    const refused = await refusal(path, { ...bodies[path as keyof typeof bodies], ...change });
    expect([refused.status < 500, refused.param]).toEqual([true, param]);
    expect(shared().model.requests).toEqual([]);
  });

  test('a body that is not sent to its end is not answered, and the next request is', async () => {
    const { port } = new URL(shared().url);
    const headers = {
      'content-type': 'application/json',
      'content-length': '100',
      ...(await bearer('alice')),
    };
    const sent = request({ port, path: '/ag-ui', method: 'POST', headers });
    sent.on('error', () => undefined);
    await new Promise((resolve) => sent.write('{"thr', resolve));
    sent.destroy();
    expect(await refusal('/ag-ui', {})).toMatchObject({ status: 400 });
  });
});
