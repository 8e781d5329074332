import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect } from '../../support/gateway/chat.ts';
import type { SettingFormat } from '../../support/gateway/model-gateway.ts';
import { createGuardedTools } from '../../support/gateway/tool-approval.ts';
import { rawCall, startToolGateway, type ToolGateway } from '../../support/gateway/tool-chat.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { reasoning, status, text, toolCall } from '../../support/model/turn.ts';

let shared: ToolGateway;

beforeAll(async () => {
  shared = await startToolGateway();
});

afterAll(() => shared?.[Symbol.asyncDispose]());

/** The messages that the model gets with the second prompt, one a line. */
async function messagesOfSecondPrompt(format: SettingFormat) {
  const session = await shared.createChat(format, undefined, { systemPrompt: 'Be brief.' });
  shared.model.script(
    [reasoning('First.'), text('Reading. '), toolCall('a', 'read', { path: 'a' })],
    [text('Writing. '), toolCall('b', 'write', {}), rawCall('c', 'read', '{"path')],
    [text('Done.')],
    [text('You are welcome.')],
  );
  await session.ask('Go');
  await session.ask('Thanks');
  return `\n${session
    .messages(3)
    .map((message) => JSON.stringify(message))
    .join('\n')}\n`;
}

describe('with a later prompt', () => {
  test('a model of openai gets the steps of the earlier run unchanged, with the reasoning of an answer that called tools', async () => {
    expect(await messagesOfSecondPrompt('openai')).toMatchInlineSnapshot(`
      "
      {"role":"system","content":"Be brief."}
      {"role":"user","content":"Go"}
      {"role":"assistant","content":"Reading. ","reasoning_content":"First.","tool_calls":[{"id":"a","type":"function","function":{"name":"read","arguments":"{\\"path\\":\\"a\\"}"}}]}
      {"role":"tool","tool_call_id":"a","content":"content of {\\"path\\":\\"a\\"}"}
      {"role":"assistant","content":"Writing. ","tool_calls":[{"id":"b","type":"function","function":{"name":"write","arguments":"{}"}},{"id":"c","type":"function","function":{"name":"read","arguments":"{}"}}]}
      {"role":"tool","tool_call_id":"b","content":"read-only\\n[exit code 1]"}
      {"role":"tool","tool_call_id":"c","content":"The arguments are not a JSON object: {\\"path"}
      {"role":"assistant","content":"Done."}
      {"role":"user","content":"Thanks"}
      "
    `);
  });

  test('a model of anthropic gets the steps of the earlier run unchanged, with the signed thoughts', async () => {
    expect(await messagesOfSecondPrompt('anthropic')).toMatchInlineSnapshot(`
      "
      {"role":"user","content":[{"type":"text","text":"Go"}]}
      {"role":"assistant","content":[{"type":"thinking","thinking":"First.","signature":"c2lnbmVk"},{"type":"text","text":"Reading. "},{"type":"tool_use","id":"a","name":"read","input":{"path":"a"}}]}
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"content of {\\"path\\":\\"a\\"}"}]}
      {"role":"assistant","content":[{"type":"text","text":"Writing. "},{"type":"tool_use","id":"b","name":"write","input":{}},{"type":"tool_use","id":"c","name":"read","input":{}}]}
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"read-only\\n[exit code 1]","is_error":true},{"type":"tool_result","tool_use_id":"c","content":"The arguments are not a JSON object: {\\"path","is_error":true}]}
      {"role":"assistant","content":[{"type":"text","text":"Done."}]}
      {"role":"user","content":[{"type":"text","text":"Thanks","cache_control":{"type":"ephemeral"}}]}
      "
    `);
  });

  test('a model gets the tool calls of a model of another provider in its own format', async () => {
    const anyModel = { providerName: undefined, modelName: undefined };
    const session = await shared.createChat('openai', undefined, anyModel);
    shared.model.script([toolCall('functions.read:0', 'read', {})], [text('Done.')], [text('Fine.')]);
    await session.ask('Go');
    await session.ask('And you?', { providerName: 'anthropic' });
    expect(session.requests()[2]?.format).toBe('anthropic');
    const id = expect.stringMatching(/^[0-9a-z]{9}$/);
    const messages = session.messages(2);
    expect(messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'read' }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
      { role: 'user', content: [{ type: 'text', text: 'And you?' }] },
    ]);
    const ids = [...JSON.stringify(messages).matchAll(/"(?:tool_use_)?id":"([^"]+)"/g)].map(
      ([, each]) => each,
    );
    expect(new Set(ids).size).toBe(1);
  });

  test('a server that refuses tools is told the calls of tools that are gone in words, and asked only once more', async () => {
    const session = await shared.createChat('openai');
    shared.model.script([toolCall('a', 'read', { path: 'a' })], [text('Done.')]);
    await session.ask('Go');
    shared.tools(createTools({}));
    const refusal = {
      message: 'registry.ollama.ai/library/gemma:2b does not support tools',
      type: 'api_error',
    };
    shared.model.script([status(400, { error: refusal })], [text('Fine.')], [text('Fine.')]);
    const other = { providerName: 'openai-compatible', modelName: 'gemma:2b' };
    await session.ask('Thanks', other);
    await session.ask('Again', other);

    const [, , refused, told, again] = session.requests();
    expect(refused?.body['tools']).toHaveLength(1);
    expect(told?.body['tools']).toBeUndefined();
    expect(again?.body['tools']).toBeUndefined();
    const words = '[Called the tool "read" with {"path":"a"}. Its result:\ncontent of {"path":"a"}]\n\nDone.';
    expect(session.messages(3)).toEqual([
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: words },
      { role: 'user', content: 'Thanks' },
    ]);
  });

  test('a server that refuses answers without reasoning gets one in each, and its own where it is known', async () => {
    const session = await shared.createChat('openai');
    const own = { providerName: 'openai-compatible', modelName: 'deepseek-v4' };
    shared.model.script([text('Hello.')], [reasoning('Hm.'), text('I am well.')]);
    await session.ask('Hi');
    await session.ask('How are you?', own);
    const refusal = {
      message: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
    };
    shared.model.script([status(400, { error: refusal })], [text('Bye.')]);
    await session.ask('Bye', own);

    expect(session.messages(3).filter(({ role }) => role === 'assistant')).toEqual([
      { role: 'assistant', content: 'Hello.', reasoning_content: '(not recorded)' },
      { role: 'assistant', content: 'I am well.', reasoning_content: 'Hm.' },
    ]);
  });

  test('a model gets a tool call that was denied as one that failed', async () => {
    const session = await shared.createChat('anthropic', createGuardedTools(), { toolApproval: 'DENY' });
    shared.model.script([toolCall('w', 'write', {})], [text('I may not.')], [text('I still may not.')]);
    for (const prompt of ['Write', 'Again']) await collect(session.chat(prompt));
    const denial = {
      type: 'tool_result',
      tool_use_id: 'w',
      content: 'Tools that change something are not allowed in this session.',
      is_error: true,
    };
    for (const { body } of session.requests().slice(1)) {
      expect(body['messages']).toContainEqual({ role: 'user', content: [expect.objectContaining(denial)] });
    }
  });
});
