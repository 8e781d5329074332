import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { type Format, startModelGateway } from '../../support/gateway/model-gateway.ts';
import { createGuardedTools } from '../../support/gateway/tool-approval.ts';
import { rawCall, startToolChat } from '../../support/gateway/tool-chat.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { reasoning, text, toolCall } from '../../support/model/turn.ts';

/** One line a message, as the model gets them with the second prompt. */
async function shownLater(model: ModelServer, format: Format) {
  await using session = await startToolChat(model, format);
  model.script(
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

describe('what a later prompt shows of tool calls', () => {
  test('to a model of openai: the steps as they were, without the reasoning', async () => {
    await using model = await startModelServer();
    expect(await shownLater(model, 'openai')).toMatchInlineSnapshot(`
      "
      {"role":"system","content":"Be brief."}
      {"role":"user","content":"Go"}
      {"role":"assistant","content":"Reading. ","tool_calls":[{"id":"a","type":"function","function":{"name":"read","arguments":"{\\"path\\":\\"a\\"}"}}]}
      {"role":"tool","tool_call_id":"a","content":"content of {\\"path\\":\\"a\\"}"}
      {"role":"assistant","content":"Writing. ","tool_calls":[{"id":"b","type":"function","function":{"name":"write","arguments":"{}"}},{"id":"c","type":"function","function":{"name":"read","arguments":"{}"}}]}
      {"role":"tool","tool_call_id":"b","content":"read-only\\n[exit code 1]"}
      {"role":"tool","tool_call_id":"c","content":"The arguments are not a JSON object: {\\"path"}
      {"role":"assistant","content":"Done."}
      {"role":"user","content":"Thanks"}
      "
    `);
  });

  test('to a model of anthropic: the steps as they were, without the thoughts', async () => {
    await using model = await startModelServer();
    expect(await shownLater(model, 'anthropic')).toMatchInlineSnapshot(`
      "
      {"role":"user","content":[{"type":"text","text":"Go"}]}
      {"role":"assistant","content":[{"type":"text","text":"Reading. "},{"type":"tool_use","id":"a","name":"read","input":{"path":"a"}}]}
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"content of {\\"path\\":\\"a\\"}"}]}
      {"role":"assistant","content":[{"type":"text","text":"Writing. "},{"type":"tool_use","id":"b","name":"write","input":{}},{"type":"tool_use","id":"c","name":"read","input":{}}]}
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"read-only\\n[exit code 1]","is_error":true},{"type":"tool_result","tool_use_id":"c","content":"The arguments are not a JSON object: {\\"path","is_error":true}]}
      {"role":"assistant","content":[{"type":"text","text":"Done."}]}
      {"role":"user","content":[{"type":"text","text":"Thanks"}]}
      "
    `);
  });

  test('of another provider is in a form that this one takes', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, 'openai');
    model.script([toolCall('functions.read:0', 'read', {})], [text('Done.')], [text('Fine.')]);
    await session.ask('Go');
    await session.ask('And you?', { providerName: 'anthropic' });
    expect(model.requests[2]?.format).toBe('anthropic');
    expect(session.messages(2)).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'earlier_1', name: 'read' }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'earlier_1' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
      { role: 'user', content: [{ type: 'text', text: 'And you?' }] },
    ]);
  });

  test('says of a call that was denied that it failed', async () => {
    await using model = await startModelServer();
    await using gateway = await startModelGateway(model, 'anthropic', { tools: createGuardedTools() });
    const sessionId = await gateway.createSession({ toolApproval: 'DENY' });
    model.script([toolCall('w', 'write', {})], [text('I may not.')], [text('I still may not.')]);
    for (const prompt of ['Write', 'Again']) await collect(chat(gateway.client(), { sessionId, prompt }));
    const denial = {
      type: 'tool_result',
      tool_use_id: 'w',
      content: 'Tools that change something are not allowed in this session.',
      is_error: true,
    };
    for (const { body } of model.requests.slice(1)) {
      expect(body['messages']).toContainEqual({ role: 'user', content: [denial] });
    }
  });
});
