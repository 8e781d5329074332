import { createHash } from 'node:crypto';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { describe, expect, test } from 'vitest';
import { encodeId } from '../../../src/base/global-id.ts';
import { scripted as model, openAiClient, postOpenAi } from '../../support/gateway/openai-client.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import {
  createGate,
  cutSocket,
  finish,
  reasoning,
  status,
  text,
  toolCall,
  usage,
} from '../../support/model/turn.ts';

const tools = createTools({ read: () => 'the content' });
const shared = shareScriptedGateway({
  tools,
  settings: { MAX_COMPLETION_SESSIONS: '6', MODEL_MAX_RETRIES: '0', MAX_PAGE_SIZE: '4' },
});

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });
const assistant = (content: string): ChatCompletionMessageParam => ({ role: 'assistant', content });

const sessionsQuery =
  '{ sessions(featureName: "chat-completions", first: 4) { totalCount nodes { databaseId messages(first: 4) { totalCount } } } }';
const sessionsOf = async (gateway: ReturnType<typeof shared>) =>
  (await gateway.query(sessionsQuery)).sessions;
/** What the model was told in its newest request. */
const toldTo = (gateway: ReturnType<typeof shared>) => gateway.model.requests.at(-1)?.body['messages'];

/** Sends messages and returns the text of the answer, with the session that has answered. */
async function ask(
  messages: ChatCompletionMessageParam[],
  options: { headers?: Record<string, string> } = {},
) {
  const { data, response } = await openAiClient(shared())
    .chat.completions.create({ model, messages }, options)
    .withResponse();
  return { text: data.choices[0]?.message.content, session: response.headers.get('x-session-id') };
}

describe('an answer of Chat Completions', () => {
  test('it has the text, the reasoning, the finish reason and the usage', async () => {
    const gateway = shared();
    gateway.model.script([
      reasoning('Hm.'),
      text('Hello, ', 'alice.'),
      usage({ input: 3, output: 5, reasoning: 1 }),
    ]);
    const answer = await openAiClient(gateway).chat.completions.create({ model, messages: [user('Hi')] });
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-\d+$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello, alice.', refusal: null, reasoning_content: 'Hm.' },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 5,
        total_tokens: 8,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
  });

  test('its stream has exactly the frames of OpenAI', async () => {
    const gateway = shared();
    gateway.model.script([reasoning('Hm.'), text('Hello'), usage({ input: 3, output: 5, reasoning: 1 })]);
    const response = await postOpenAi(gateway, '/chat/completions', {
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [user('Hi')],
    });
    const frames = (await response.text())
      .split('\n\n')
      .map((frame) => frame.replace(/^:\n/, '').replace(/^data: /, ''))
      .filter(Boolean);
    expect(frames.pop()).toBe('[DONE]');
    const chunks = frames.map((frame) => JSON.parse(frame));
    const head = { id: chunks[0].id, created: chunks[0].created, model, object: 'chat.completion.chunk' };
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      usage: null,
    });
    expect(chunks).toEqual([
      chunk({ role: 'assistant', content: '', refusal: null }),
      chunk({ reasoning_content: 'Hm.' }),
      chunk({ content: 'Hello' }),
      chunk({}, 'stop'),
      { ...head, choices: [], usage: expect.objectContaining({ prompt_tokens: 3, total_tokens: 8 }) },
    ]);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-session-id')).toMatch(/^conv_\d+$/);
  });

  test('the client puts a stream together, and sees why the model has stopped', async () => {
    const gateway = shared();
    gateway.model.script([text('Hel', 'lo'), finish('length')], [text('No'), finish('content-filter')]);
    const client = openAiClient(gateway);
    const whole = await client.chat.completions
      .stream({ model, messages: [user('Hi')] })
      .finalChatCompletion();
    expect(whole.choices[0]).toMatchObject({ message: { content: 'Hello' }, finish_reason: 'length' });
    const refused = await client.chat.completions.create({ model, messages: [user('Hi')] });
    expect(refused.choices[0]?.finish_reason).toBe('content_filter');
  });

  test('a call of a tool on a node is not shown to the client, which would have to answer it', async () => {
    const gateway = shared();
    gateway.model.script([text('I look.'), toolCall('c1', 'read', {})], [text(' Done.')]);
    const chunks = [];
    const stream = await openAiClient(gateway).chat.completions.create({
      model,
      stream: true,
      messages: [user('Look')],
    });
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('I look.\n\n Done.');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(JSON.stringify(chunks)).not.toContain('tool_calls');
  });

  test('the settings reach the model', async () => {
    const gateway = shared();
    gateway.model.script([text('{}')]);
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    await openAiClient(gateway).chat.completions.create({
      model,
      messages: [user('Hi')],
      temperature: 0.5,
      max_completion_tokens: 99,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    expect(gateway.model.requests.at(-1)?.body).toMatchObject({
      temperature: 0.5,
      max_tokens: 99,
      reasoning_effort: 'low',
      response_format: { json_schema: { schema } },
    });
  });
});

describe('the session of a conversation', () => {
  test('a conversation of several turns is one session, and instructions are its system prompt', async () => {
    const gateway = shared();
    gateway.model.script([text('One.\n')], [text('Two.')], [text('Three.')]);
    const messages: ChatCompletionMessageParam[] = [{ role: 'system', content: 'Be brief.' }, user('First')];
    const first = await ask(messages);
    // Many clients cut white space off.
    messages.push(assistant('One.'), user('Second'));
    const second = await ask(messages);
    messages.push(assistant('Two.'), user('Third'));
    const third = await ask(messages);
    expect([second.session, third.session]).toEqual([first.session, first.session]);
    expect(toldTo(gateway)).toEqual([
      { role: 'system', content: 'Be brief.' },
      user('First'),
      assistant('One.\n'),
      user('Second'),
      assistant('Two.'),
      user('Third'),
    ]);
  });

  test('another message at an earlier place is a branch of the session, with the history before it', async () => {
    const gateway = shared();
    gateway.model.script([text('A1')], [text('A2')], [text('B2')], [text('B3')], [text('A3')]);
    const { session } = await ask([user('branch'), assistant('A0'), user('Q1')]);
    const history = [user('branch'), assistant('A0'), user('Q1'), assistant('A1')];
    await ask([...history, user('Q2')]);
    const edited = await ask([...history, user('Q2, please')]);
    expect(edited).toEqual({ text: 'B2', session });
    expect(toldTo(gateway)).toEqual([...history, user('Q2, please')]);
    // The branch that the session shows now goes on in it.
    expect(await ask([...history, user('Q2, please'), assistant('B2'), user('Q3')])).toEqual({
      text: 'B3',
      session,
    });
    // The other one is held by a new session, with exactly its own history.
    const other = [...history, user('Q2'), assistant('A2'), user('Q3')];
    const elsewhere = await ask(other);
    expect(elsewhere.session).not.toBe(session);
    expect(toldTo(gateway)).toEqual(other);
  });

  test('a history that no session has is told to the model as the client sends it', async () => {
    const gateway = shared();
    gateway.model.script([text('Yes.')], [text('More.')]);
    const history = [user('Made up?'), assistant('Surely.'), user('And'), user('this?')];
    const first = await ask(history);
    expect(toldTo(gateway)).toEqual([user('Made up?'), assistant('Surely.'), user('And\n\nthis?')]);
    const next = await ask([...history, assistant('Yes.'), user('Go on')]);
    expect(next).toEqual({ text: 'More.', session: first.session });
  });

  test('requests with the same history at the same time do not wait for each other', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Hello')], [gate, text('slow')], [text('fast')]);
    await ask([user('Same')]);
    const history = [user('Same'), assistant('Hello')];
    const slow = ask([...history, user('One')]);
    await gate.reached;
    const fast = await ask([...history, user('Two')]);
    expect(fast.text).toBe('fast');
    expect(toldTo(gateway)).toEqual([...history, user('Two')]);
    gate.release();
    const first = await slow;
    expect(first.text).toBe('slow');
    expect(first.session).not.toBe(fast.session);
  });

  test('a client can choose the session, and its history counts', async () => {
    const gateway = shared();
    gateway.model.script([text('Noted.')], [text('Seven.')], [text('Eight.')]);
    const sessionId = await gateway.createSession({ systemPrompt: 'Count.' });
    const [, number] = Buffer.from(sessionId, 'base64').toString().split(':');
    const headers = { 'X-Session-Id': `conv_${number}` };
    await ask([user('My number is 7')], { headers });
    await ask([user('Which?')], { headers });
    expect(toldTo(gateway)).toEqual([
      { role: 'system', content: 'Count.' },
      user('My number is 7'),
      assistant('Noted.'),
      user('Which?'),
    ]);
    const wrong = ask([user('My number is 8'), assistant('Noted.'), user('Which?')], { headers });
    await expect(wrong).rejects.toMatchObject({ status: 409, code: 'history_mismatch', param: 'messages' });
    const instructed = ask([{ role: 'system', content: 'Other.' }, user('Which?')], { headers });
    await expect(instructed).rejects.toMatchObject({ status: 400, param: 'messages' });
    const unknown = ask([user('Hi')], { headers: { 'X-Session-Id': 'conv_99999999' } });
    await expect(unknown).rejects.toMatchObject({ status: 404 });
  });

  test('a user has at most MAX_COMPLETION_SESSIONS of them: the one in which nothing happened for longest goes', async () => {
    const gateway = shared();
    gateway.model.otherwise(() => [text('Hi')]);
    const kept = await ask([user('Pinned')]);
    const id = encodeId('Session', Number(kept.session?.replace('conv_', '')));
    await gateway.query('mutation ($id: ID!) { pinSession(id: $id, pinned: true) { id } }', { id });
    for (let count = 0; count < 9; count += 1) await ask([user(`Question ${count}`)]);
    expect((await sessionsOf(gateway)).totalCount).toBe(6);
    const { session } = await gateway.query('query ($id: ID!) { session(id: $id) { databaseId } }', { id });
    expect(session).not.toBeNull();
  });

  test('with store: false nothing is kept', async () => {
    const gateway = shared();
    gateway.model.script([text('Secret')]);
    const before = await sessionsOf(gateway);
    const client = openAiClient(gateway);
    await client.chat.completions.create({ model, store: false, messages: [user('Whisper')] });
    expect(await sessionsOf(gateway)).toEqual(before);
  });
});

describe('files', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const image = {
    type: 'image_url' as const,
    image_url: { url: `data:image/png;base64,${png.toString('base64')}` },
  };

  test('an image of a data URL is an attachment of the prompt, and recognised in the history', async () => {
    const gateway = shared();
    gateway.model.serveModels([{ id: 'scripted' }]);
    gateway.model.script([text('A dot.')], [text('Red.')]);
    const withImage: ChatCompletionMessageParam = {
      role: 'user',
      content: [{ type: 'text', text: 'What?' }, image],
    };
    const first = await ask([withImage]).catch((error) => error);
    if (first instanceof Error) {
      // A model of an unknown family may not take images; then the client is told which parameter is at fault.
      expect(first).toMatchObject({ status: 400, param: 'messages' });
      return;
    }
    const second = await ask([withImage, assistant('A dot.'), user('Which colour?')]);
    expect(second.session).toBe(first.session);
    const { attachments } = (
      await gateway.query(
        'query ($id: ID!) { session(id: $id) { messages(first: 1) { nodes { attachments { sha256 } } } } }',
        { id: encodeId('Session', Number(first.session?.replace('conv_', ''))) },
      )
    ).session.messages.nodes[0];
    expect(attachments).toEqual([{ sha256: createHash('sha256').update(png).digest('hex') }]);
  });

  test('a file of another server is not fetched', async () => {
    const asked = openAiClient(shared()).chat.completions.create({
      model,
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://127.0.0.1:1/x.png' } }] },
      ],
    });
    await expect(asked).rejects.toMatchObject({ status: 400, param: 'messages[0].content[0].image_url.url' });
  });
});

describe('failures', () => {
  test('a client that leaves cancels the run', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Hel'), gate]);
    const stream = await openAiClient(gateway).chat.completions.create({
      model,
      stream: true,
      messages: [user('Leave')],
    });
    let id = '';
    for await (const chunk of stream) {
      id = chunk.id;
      if (chunk.choices[0]?.delta.content) break;
    }
    const runId = encodeId('Run', Number(id.replace('chatcmpl-', '')));
    const runQuery = 'query ($id: ID!) { run(id: $id) { status cancelCause } }';
    await expect
      .poll(async () => (await gateway.query(runQuery, { id: runId })).run)
      .toEqual({ status: 'CANCELLED', cancelCause: 'USER' });
  });

  test('with an Idempotency-Key the run goes on, and the same request gets the same answer', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Once'), gate, text(' only.')]);
    const options = { headers: { 'Idempotency-Key': 'key-1' } };
    const left = new AbortController();
    const lost = openAiClient(gateway).chat.completions.create(
      { model, messages: [user('Once')] },
      { ...options, signal: left.signal },
    );
    await gate.reached;
    left.abort();
    await expect(lost).rejects.toThrow();
    const again = ask([user('Once')], options);
    gate.release();
    expect((await again).text).toBe('Once only.');
    expect((await ask([user('Once')], options)).text).toBe('Once only.');
    await expect(ask([user('Other')], options)).rejects.toMatchObject({
      status: 409,
      code: 'request_id_reused',
    });
    expect(gateway.model.requests).toHaveLength(1);
  });

  test('a failure of the provider is an error with its status, or a frame where the stream has begun', async () => {
    const gateway = shared();
    gateway.model.script([status(429)], [status(429)], [text('Hel'), cutSocket()]);
    const client = openAiClient(gateway);
    const messages = [user('Fail')];
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    });
    const read = async () => {
      let got = '';
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
        got += chunk.choices[0]?.delta.content ?? '';
      }
      return got;
    };
    await expect(read()).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
    await expect(read()).rejects.toMatchObject({ code: 'provider_stream_cut' });
  });

  test('nothing stays of a request that is refused', async () => {
    const gateway = shared();
    const before = (await sessionsOf(gateway)).totalCount;
    const unknown = openAiClient(gateway).chat.completions.create({
      model: 'nobody/x',
      messages: [user('Hi')],
    });
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect((await sessionsOf(gateway)).totalCount).toBe(before);
  });
});
