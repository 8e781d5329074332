import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import type { ModelRequest } from '../../support/model/model-server.ts';
import { encryptedContentOf } from '../../support/model/openai-responses.ts';
import { reasoning, text, toolCall } from '../../support/model/turn.ts';

const tools = createTools({ run: async () => 'alice-laptop' });

function reasoningOf(seen: SeenRunEvent[]): string {
  return seen.map((event) => (event.__typename === 'ReasoningDelta' ? event.text : '')).join('');
}

/** The reasoning items that a request repeats to OpenAI. */
function reasoningItemsIn({ body }: ModelRequest) {
  return (body['input'] as { type?: string; id: string; encrypted_content: string }[]).filter(
    ({ type }) => type === 'reasoning',
  );
}

describe('a model of OpenAI', () => {
  const shared = shareModelGateway('openai-responses', { tools });

  test('a request asks for a summary and the encrypted reasoning, and OpenAI keeps nothing', async () => {
    const gateway = shared();
    gateway.model.script([text('Hello')]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    const { path, body } = await gateway.model.request(0);
    expect({ path, ...body }).toMatchObject({
      path: '/v1/responses',
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { summary: 'auto' },
    });
  });

  test('a model that does not reason is not asked for reasoning', async () => {
    const gateway = shared();
    gateway.model.script([text('Hello')]);
    const sessionId = await gateway.createSession({ modelName: 'gpt-4o' });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    const { body } = await gateway.model.request(0);
    expect(body).toMatchObject({ store: false });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['reasoning']));
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['include']));
  });

  test('the reasoning is shown, and is repeated in the next step and after the next prompt', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.script(
      [reasoning('**One**', '', '**Two**'), toolCall('call_1', 'run', { command: 'hostname' })],
      [reasoning('**Three**'), text('It is alice-laptop.')],
      [text('Goodbye.')],
    );
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Where am I?' }));
    await collect(chat(gateway.client(), { sessionId, prompt: 'Bye' }));

    expect(reasoningOf(seen)).toBe('**One**\n\n**Two**\n\n**Three**');
    expect(seen.at(-1)?.['message'].reasoning).toBe(reasoningOf(seen));
    const first = {
      type: 'reasoning',
      id: expect.stringMatching(/^rs_/),
      encrypted_content: expect.any(String),
      summary: [
        { type: 'summary_text', text: '**One**' },
        { type: 'summary_text', text: '**Two**' },
      ],
    };
    const second = { ...first, summary: [{ type: 'summary_text', text: '**Three**' }] };
    expect(reasoningItemsIn(await model.request(1))).toEqual([first]);
    const last = await model.request(2);
    expect(reasoningItemsIn(last)).toEqual([first, second]);
    for (const { id, encrypted_content: encrypted } of reasoningItemsIn(last)) {
      expect(encrypted).toBe(encryptedContentOf(id));
    }
    expect(last.body['input']).toMatchObject([
      { role: 'user' },
      first,
      { type: 'function_call', call_id: 'call_1', name: 'run' },
      { type: 'function_call_output', call_id: 'call_1' },
      second,
      { role: 'assistant', content: [{ type: 'output_text', text: 'It is alice-laptop.' }] },
      { role: 'user' },
    ]);
  });

  test('reasoning is not sent to another model', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.script([reasoning('Hm.'), text('Hello')], [text('Hello too')]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    await collect(chat(gateway.client(), { sessionId, prompt: 'And you?', modelName: 'gpt-5-mini' }));
    const { body } = await model.request(1);
    expect(body['model']).toBe('gpt-5-mini');
    expect(JSON.stringify(body)).not.toContain('encrypted:');
    expect(JSON.stringify(body)).not.toContain('msg_');
  });
});

describe('a model of Anthropic', () => {
  const shared = shareModelGateway('anthropic', { tools });

  test.each([
    ['claude-sonnet-5-5', { thinking: { type: 'adaptive', display: 'summarized' }, max_tokens: 64_000 }],
    ['claude-haiku-4-5', { thinking: { type: 'enabled', budget_tokens: 8_192 }, max_tokens: 50_000 }],
  ])('the model %s thinks', async (modelName, expected) => {
    const gateway = shared();
    gateway.model.script([reasoning('Hm.'), text('Hello')]);
    const sessionId = await gateway.createSession({ modelName });
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    expect((await gateway.model.request(0)).body).toMatchObject(expected);
    expect(reasoningOf(seen)).toBe('Hm.');
  });

  test('a model of the time before thinking is not told to think', async () => {
    const gateway = shared();
    gateway.model.script([text('Hello')]);
    const sessionId = await gateway.createSession({ modelName: 'claude-3-haiku-20240307' });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    expect((await gateway.model.request(0)).body).not.toHaveProperty('thinking');
  });

  test('the cache is marked at the system prompt, the last tool and the newest message', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.script([toolCall('call_1', 'run', { command: 'hostname' })], [text('Hello')]);
    const sessionId = await gateway.createSession({ systemPrompt: 'Be brief.' });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));

    const mark = { cache_control: { type: 'ephemeral' } };
    for (const [index, newest] of [
      { role: 'user', content: [{ type: 'text', text: 'Hi', ...mark }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', ...mark }] },
    ].entries()) {
      const { body } = await model.request(index);
      expect(body['system']).toMatchObject([{ text: 'Be brief.', ...mark }]);
      expect((body['tools'] as object[]).at(-1)).toMatchObject(mark);
      expect((body['messages'] as object[]).at(-1)).toMatchObject(newest);
      expect(JSON.stringify(body).match(/"cache_control"/g)).toHaveLength(3);
    }
  });
});

describe('a model of Google', () => {
  const shared = shareModelGateway('google');

  test.each([
    ['gemini-2.5-flash', { includeThoughts: true }],
    ['gemini-3.8-flash', { includeThoughts: true }],
    ['gemini-2.0-flash', undefined],
  ])('the thoughts of %s are asked for if it has any', async (modelName, thinkingConfig) => {
    const gateway = shared();
    gateway.model.script([reasoning('Hm.'), text('Hello')]);
    const sessionId = await gateway.createSession({ modelName });
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    const { body } = await gateway.model.request(0);
    expect((body['generationConfig'] as Record<string, unknown>)['thinkingConfig']).toEqual(thinkingConfig);
    expect(reasoningOf(seen)).toBe('Hm.');
  });
});
