import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SettingFormat } from '../../support/gateway/model-gateway.ts';
import { rawCall, startToolGateway, type ToolGateway } from '../../support/gateway/tool-chat.ts';
import { raw, reasoning, text, toolCall } from '../../support/model/turn.ts';

let shared: ToolGateway;

beforeAll(async () => {
  shared = await startToolGateway();
});

afterAll(() => shared?.[Symbol.asyncDispose]());

const createChat = (format: SettingFormat) =>
  shared.createChat(format, undefined, { systemPrompt: 'Be brief.' });

const thoughtful = [
  [
    reasoning('Two files.'),
    text('Reading.'),
    toolCall('a', 'read', { path: 'a' }),
    toolCall('b', 'write', {}),
  ],
  [text('Done.')],
];

describe('in the next step', () => {
  test('a model of openai gets its reasoning, its text, its tool calls and their results', async () => {
    const session = await createChat('openai');
    shared.model.script(...thoughtful);
    await session.ask('Go');
    expect(session.messages(1)).toMatchInlineSnapshot(`
      [
        {
          "content": "Be brief.",
          "role": "system",
        },
        {
          "content": "Go",
          "role": "user",
        },
        {
          "content": "Reading.",
          "reasoning_content": "Two files.",
          "role": "assistant",
          "tool_calls": [
            {
              "function": {
                "arguments": "{"path":"a"}",
                "name": "read",
              },
              "id": "a",
              "type": "function",
            },
            {
              "function": {
                "arguments": "{}",
                "name": "write",
              },
              "id": "b",
              "type": "function",
            },
          ],
        },
        {
          "content": "content of {"path":"a"}",
          "role": "tool",
          "tool_call_id": "a",
        },
        {
          "content": "read-only
      [exit code 1]",
          "role": "tool",
          "tool_call_id": "b",
        },
      ]
    `);
    expect(session.requests()[0]?.body['tools']).toMatchObject([
      { type: 'function', function: { name: 'read', description: 'Runs read.' } },
      { type: 'function', function: { name: 'write', description: 'Runs write.' } },
    ]);
  });

  test('a model of anthropic gets its thoughts too, with their signature', async () => {
    const session = await createChat('anthropic');
    shared.model.script(...thoughtful);
    await session.ask('Go');
    expect(session.messages(1)).toMatchInlineSnapshot(`
      [
        {
          "content": [
            {
              "text": "Go",
              "type": "text",
            },
          ],
          "role": "user",
        },
        {
          "content": [
            {
              "signature": "c2lnbmVk",
              "thinking": "Two files.",
              "type": "thinking",
            },
            {
              "text": "Reading.",
              "type": "text",
            },
            {
              "id": "a",
              "input": {
                "path": "a",
              },
              "name": "read",
              "type": "tool_use",
            },
            {
              "id": "b",
              "input": {},
              "name": "write",
              "type": "tool_use",
            },
          ],
          "role": "assistant",
        },
        {
          "content": [
            {
              "content": "content of {"path":"a"}",
              "tool_use_id": "a",
              "type": "tool_result",
            },
            {
              "cache_control": {
                "type": "ephemeral",
              },
              "content": "read-only
      [exit code 1]",
              "is_error": true,
              "tool_use_id": "b",
              "type": "tool_result",
            },
          ],
          "role": "user",
        },
      ]
    `);
    expect(session.requests()[1]?.body).toMatchObject({
      system: [{ type: 'text', text: 'Be brief.' }],
      tools: [{ name: 'read' }, { name: 'write' }],
    });
  });

  test('a model of google gets its tool call, with the signature of its thoughts', async () => {
    const session = await createChat('google');
    const part = { functionCall: { name: 'read', args: { path: 'a' } }, thoughtSignature: 'c2lnbmVk' };
    const chunk = { candidates: [{ content: { parts: [part], role: 'model' }, finishReason: 'STOP' }] };
    shared.model.script([raw(`data: ${JSON.stringify(chunk)}\n\n`)], [text('Done.')]);
    await session.ask('Go');
    expect(session.messages(1)).toMatchObject([
      { role: 'user', parts: [{ text: 'Go' }] },
      { role: 'model', parts: [part] },
      { role: 'user', parts: [{ functionResponse: { name: 'read' } }] },
    ]);
  });
});

describe.each<SettingFormat>(['openai', 'anthropic'])('a careless model of %s', (format) => {
  test('a model whose arguments are not a JSON object is told so and can correct them', async () => {
    const session = await createChat(format);
    shared.model.script(
      [rawCall('a', 'read', '{"path": "a')],
      [rawCall('b', 'read', 'null'), rawCall('c', 'read', '["a"]')],
      [toolCall('d', 'read', { path: 'a' })],
      [text('Done.')],
    );
    expect(await session.ask('Go')).toMatchObject([
      {
        status: 'FAILED',
        args: '{"path": "a',
        result: 'The arguments are not a JSON object: {"path": "a',
      },
      { status: 'FAILED', args: 'null', result: 'The arguments are not a JSON object: null' },
      { status: 'FAILED', args: '["a"]', result: 'The arguments are not a JSON object: ["a"]' },
      { status: 'SUCCEEDED', args: { path: 'a' }, result: 'content of {"path":"a"}' },
    ]);
    const told = JSON.stringify(session.messages(1));
    expect(told).toContain(String.raw`The arguments are not a JSON object: {\"path\": \"a`);
  });

  test('a model that gives all its tool calls the same id gets a different id for each in every request', async () => {
    const session = await createChat(format);
    shared.model.script(
      [toolCall('x', 'read', { path: '1' }), toolCall('x', 'read', { path: '2' })],
      [toolCall('x', 'read', { path: '3' })],
      [text('Done.')],
      [toolCall('x', 'read', { path: '4' })],
      [text('Done.')],
    );
    const first = await session.ask('Go');
    const calls = [...first, ...(await session.ask('Once more'))];
    expect(calls.map(({ result }) => result)).toEqual(
      ['1', '2', '3', '4'].map((path) => `content of {"path":"${path}"}`),
    );
    expect(new Set(first.map(({ callId }) => callId)).size).toBe(3);
    const shown = JSON.stringify(session.messages(4)).matchAll(/"(tool_call_id|tool_use_id|id)":"([^"]+)"/g);
    const called: unknown[] = [];
    const answered: unknown[] = [];
    for (const [, key, id] of shown) (key === 'id' ? called : answered).push(id);
    expect(new Set(called).size).toBe(4);
    expect(answered).toEqual(called);
  });

  test('a model that writes blank text before its tool call does not get it back, because Anthropic would refuse it', async () => {
    const session = await createChat(format);
    shared.model.script([text('\n\n'), toolCall('a', 'read', {})], [text('Done.')], [text('Bye.')]);
    await session.ask('Go');
    await session.ask('Bye');
    for (const request of [1, 2]) expect(JSON.stringify(session.messages(request))).not.toContain('\\n');
  });
});
