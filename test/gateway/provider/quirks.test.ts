import { describe, expect, test } from 'vitest';
import { chat, collect, textOf } from '../../support/gateway/chat.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { reasoning, status, text, toolCall } from '../../support/model/turn.ts';

const tools = createTools({ read: () => 'The file.' });
const shared = shareModelGateway('openai', { tools, settings: { MODEL_MAX_RETRIES: '0' } });

let models = 0;

/** Each test has a model of its own, because the gateway remembers what a model refuses. */
async function createSession(settings: { systemPrompt?: string } = {}) {
  const gateway = shared();
  models += 1;
  const sessionId = await gateway.createSession({ modelName: `model-${models}`, ...settings });
  const ask = async (prompt: string) => {
    const before = gateway.model.requests.length;
    const seen = await collect(chat(gateway.client(), { sessionId, prompt }));
    const bodies = gateway.model.requests.slice(before).map(({ body }) => body);
    return { seen, bodies, ended: seen.at(-1), answer: textOf(seen) };
  };
  return { model: gateway.model, ask };
}

function refused(message: string, code = 400) {
  return status(code, { error: { message, type: 'invalid_request_error' } });
}

describe('a field that a server refuses by name is left out, and the server is asked again', () => {
  test.each([
    ["Extra inputs are not permitted, field: 'stream_options'", 400],
    ['Unrecognized request argument supplied: stream_options', 400],
    ['json: unknown field "stream_options"', 422],
  ])('%s', async (message, code) => {
    const { model, ask } = await createSession();
    model.script([refused(message, code)], [text('Fine')], [text('Again')]);
    const { bodies, answer } = await ask('Hi');
    expect(answer).toBe('Fine');
    expect(bodies.map((body) => 'stream_options' in body)).toEqual([true, false]);
    const later = await ask('And now?');
    expect(later.answer).toBe('Again');
    expect(later.bodies.map((body) => 'stream_options' in body)).toEqual([false]);
  });

  test('in the place that FastAPI names', async () => {
    const { model, ask } = await createSession();
    const detail = [
      {
        type: 'extra_forbidden',
        loc: ['body', 'stream_options'],
        msg: 'Extra inputs are not permitted',
        input: {},
      },
    ];
    model.script([status(422, { body: JSON.stringify({ detail }) })], [text('Fine')]);
    expect(await ask('Hi')).toMatchObject({ answer: 'Fine', bodies: [{}, {}] });
  });

  test('but the first refusal is told when that does not help', async () => {
    const { model, ask } = await createSession();
    model.script([refused('stream_options is no good')], [refused('And the rest is no good either')]);
    const { ended, bodies } = await ask('Hi');
    expect(ended).toMatchObject({
      code: 'PROVIDER_REJECTED',
      reason: 'The model provider rejected the request: stream_options is no good',
    });
    expect(bodies).toHaveLength(2);
    model.script([text('Fine')]);
    expect((await ask('Hi')).bodies).toMatchObject([{ stream_options: { include_usage: true } }]);
  });
});

describe('a model that refuses tools is asked without them', () => {
  test.each([
    ['registry.ollama.ai/library/gemma3:4b does not support tools', 400],
    ['No endpoints found that support tool use. To learn more about provider routing, visit', 404],
    ['`tool calling` is not supported with this model', 400],
    ['Function calling is not enabled for models/gemma-3-27b-it', 400],
    ['"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', 400],
    ['tools param requires --jinja flag', 500],
    ["Unsupported parameter: 'tools' is not supported with this model.", 400],
    ['Extra inputs are not permitted: body.tools', 422],
  ])('%s', async (message, code) => {
    const { model, ask } = await createSession();
    model.script([refused(message, code)], [text('Without')], [text('Again')]);
    const { bodies, answer, seen } = await ask('Hi');
    expect(seen.map(({ __typename }) => __typename)).not.toContain('RunFailed');
    expect(answer).toBe('Without');
    expect(bodies.map((body) => ['tools' in body, 'tool_choice' in body])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect((await ask('And now?')).bodies.map((body) => 'tools' in body)).toEqual([false]);
  });

  test('and is told the calls of earlier answers as text', async () => {
    const { model, ask } = await createSession();
    model.script([toolCall('c1', 'read', { path: 'a' })], [text('Read.')]);
    await ask('Read it');
    model.script([refused('tiny does not support tools')], [text('Without')]);
    const { bodies, answer } = await ask('What was in it?');
    expect(answer).toBe('Without');
    const messages = bodies[1]?.['messages'] as { role: string; content: string }[];
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(messages[1]?.content).toContain('Its result:\nThe file.');
  });

  test('but not when it refuses something else about tools', async () => {
    const { model, ask } = await createSession();
    model.script([refused("Invalid schema for function 'read': tools[0] must have a description")]);
    const { ended, bodies } = await ask('Hi');
    expect(ended).toMatchObject({ __typename: 'RunFailed', code: 'PROVIDER_REJECTED' });
    expect(bodies).toHaveLength(1);
  });
});

describe('a model that refuses a system message is told it with the first prompt', () => {
  test.each([
    ['System role not supported', 500],
    ['Developer instruction is not enabled for models/gemma-3-27b-it', 400],
    ["Unsupported value: 'messages[0].role' does not support 'system' with this model.", 400],
    ['Conversation roles must alternate user/assistant/user/assistant/...', 400],
  ])('%s', async (message, code) => {
    const { model, ask } = await createSession({ systemPrompt: 'Be brief.' });
    model.script([refused(message, code)], [text('Fine')], [text('Again')]);
    const { bodies, answer } = await ask('Hi');
    expect(answer).toBe('Fine');
    expect(bodies[1]).toMatchObject({ messages: [{ role: 'user', content: 'Be brief.\n\nHi' }] });
    expect((await ask('And now?')).bodies).toMatchObject([
      { messages: [{ content: 'Be brief.\n\nHi' }, { content: 'Fine' }, { content: 'And now?' }] },
    ]);
  });

  test('but not when there is no system message to refuse', async () => {
    const { model, ask } = await createSession();
    model.script([refused('System role not supported')]);
    const { ended, bodies } = await ask('Hi');
    expect(ended).toMatchObject({ __typename: 'RunFailed', code: 'PROVIDER_REJECTED' });
    expect(bodies).toHaveLength(1);
  });
});

describe('reasoning_content', () => {
  /** A session with an answer that reasoned and called a tool. */
  async function afterReasoning() {
    const session = await createSession();
    session.model.script([reasoning('Hm.'), toolCall('c1', 'read', { path: 'a' })], [text('Read.')]);
    await session.ask('Read it');
    return session;
  }
  const reasoningIn = (body: Record<string, unknown>) =>
    (body['messages'] as object[]).filter((message) => 'reasoning_content' in message).length;

  test.each([
    "property 'reasoning_content' is unsupported",
    'messages.1.assistant.reasoning_content: Extra inputs are not permitted',
  ])('is left out when it is refused: %s', async (message) => {
    const { model, ask } = await afterReasoning();
    model.script([refused(message)], [text('Fine')], [text('Again')]);
    const { bodies, answer } = await ask('What was in it?');
    expect(answer).toBe('Fine');
    expect(bodies.map(reasoningIn)).toEqual([1, 0]);
    expect((await ask('And now?')).bodies.map(reasoningIn)).toEqual([0]);
  });

  test('is in every answer when it is missed', async () => {
    const { model, ask } = await afterReasoning();
    model.script(
      [refused('The `reasoning_content` in the thinking mode must be passed back to the API.')],
      [text('Fine')],
    );
    const { bodies, answer } = await ask('What was in it?');
    expect(answer).toBe('Fine');
    expect(bodies.map(reasoningIn)).toEqual([1, 2]);
  });
});
