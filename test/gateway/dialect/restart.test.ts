import { lastAssistantMessageIsCompleteWithToolCalls } from 'ai';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { expect, test } from 'vitest';
import { partsOf, TestChat } from '../../support/gateway/ai-sdk-chat.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { scripted as model, openAiClient } from '../../support/gateway/openai-client.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const inputSchema = { type: 'object', properties: { city: { type: 'string' } } };
const tools = { get_weather: { description: 'The weather.', inputSchema } };
const rome = toolCall('w1', 'get_weather', { city: 'Rome' });
const functions = [{ type: 'function' as const, function: { name: 'get_weather', parameters: inputSchema } }];

test('calls that wait for a client when the gateway stops are answered at its next start', async () => {
  await using folder = await openMigratedFolder();
  const first = await startScriptedGateway({ dataDir: folder.path });
  first.model.script([text('I look.'), rome], [text('I look.'), rome]);
  const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather?' }];
  const asked = await openAiClient(first).chat.completions.create({ model, messages, tools: functions });
  const chat = new TestChat(first, { id: 'stays', body: { tools } });
  await chat.sendMessage({ text: 'Weather?' });
  await first[Symbol.asyncDispose]();

  await using gateway = await startScriptedGateway({ dataDir: folder.path });
  gateway.model.otherwise(() => [text('Sunny.')]);
  const message = asked.choices[0]?.message;
  const [call] = message?.tool_calls ?? [];
  if (!message || !call) throw new Error('There is no call.');
  messages.push(message, { role: 'tool', tool_call_id: call.id, content: 'sunny' });
  const stream = await openAiClient(gateway).chat.completions.create({ model, messages, stream: true });
  let got = '';
  for await (const chunk of stream) got += chunk.choices[0]?.delta.content ?? '';
  expect(got).toBe('Sunny.');

  const loaded = new TestChat(gateway, {
    id: 'stays',
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
  });
  await loaded.resumeStream();
  const waiting = ['step-start', 'text: I look.', 'get_weather({"city":"Rome"}) input-available'];
  expect(partsOf(loaded.lastMessage)).toEqual(waiting);
  const [part] = loaded.lastMessage?.parts.filter(({ type }) => type === 'tool-get_weather') ?? [];
  const toolCallId = part && 'toolCallId' in part ? part.toolCallId : '';
  await loaded.addToolOutput({ tool: 'get_weather', toolCallId, output: 'sunny' } as never);
  await expect.poll(() => partsOf(loaded.lastMessage).at(-1)).toBe('text: Sunny.');
});

test('a response whose log has expired is told from the database, up to its calls or behind them', async () => {
  await using gateway = await startScriptedGateway({ settings: { RUN_LOG_TTL_MS: '1' } });
  gateway.model.script([text('I look.'), rome], [text('Sunny.')]);
  const client = openAiClient(gateway);
  const tool = { type: 'function' as const, name: 'get_weather', parameters: inputSchema, strict: false };
  const first = await client.responses.create({ model, input: 'Weather?', tools: [tool] });
  const called = first.output.find((item) => item.type === 'function_call');
  const output = { type: 'function_call_output' as const, call_id: called?.call_id ?? '', output: 'sunny' };
  const second = await client.responses.create({ model, input: [output], previous_response_id: first.id });
  for (const response of [first, second]) {
    const read = async () => {
      const events = [];
      for await (const event of await client.responses.retrieve(response.id, { stream: true }))
        events.push(event);
      return events;
    };
    await expect.poll(async () => (await read()).length).toBeLessThan(5);
    const last = (await read()).at(-1);
    expect(last?.type === 'response.completed' && last.response.output).toEqual(response.output);
  }
});
