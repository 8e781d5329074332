import { describe, expect, test } from 'vitest';
import type { Format } from '../../support/gateway/model-gateway.ts';
import { rawCall, startToolChat } from '../../support/gateway/tool-chat.ts';
import { startModelServer } from '../../support/model/model-server.ts';
import { raw, reasoning, text, toolCall } from '../../support/model/turn.ts';

const thoughtful = [
  [
    reasoning('Two files.'),
    text('Reading.'),
    toolCall('a', 'read', { path: 'a' }),
    toolCall('b', 'write', {}),
  ],
  [text('Done.')],
];

describe('what the next step shows', () => {
  test('to a model of openai: its reasoning, text and calls, and their results', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, 'openai');
    model.script(...thoughtful);
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
    expect(model.requests[0]?.body['tools']).toMatchObject([
      { type: 'function', function: { name: 'read', description: 'Runs read.' } },
      { type: 'function', function: { name: 'write', description: 'Runs write.' } },
    ]);
  });

  test('to a model of anthropic: its thoughts too, with their signature', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, 'anthropic');
    model.script(...thoughtful);
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
    expect(model.requests[1]?.body).toMatchObject({
      system: [{ type: 'text', text: 'Be brief.' }],
      tools: [{ name: 'read' }, { name: 'write' }],
    });
  });

  test('to a model of google: its call, with the signature of its thoughts', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, 'google');
    const part = { functionCall: { name: 'read', args: { path: 'a' } }, thoughtSignature: 'c2lnbmVk' };
    const chunk = { candidates: [{ content: { parts: [part], role: 'model' }, finishReason: 'STOP' }] };
    model.script([raw(`data: ${JSON.stringify(chunk)}\n\n`)], [text('Done.')]);
    await session.ask('Go');
    expect(session.messages(1)).toMatchObject([
      { role: 'user', parts: [{ text: 'Go' }] },
      { role: 'model', parts: [part] },
      { role: 'user', parts: [{ functionResponse: { name: 'read' } }] },
    ]);
  });
});

describe.each<Format>(['openai', 'anthropic'])('a sloppy model of %s', (format) => {
  test('is told of arguments that are no JSON object, and corrects itself', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, format);
    model.script(
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

  test('that gives all its calls one id is shown an id for each, in later runs too', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, format);
    model.script(
      [toolCall('x', 'read', { path: '1' }), toolCall('x', 'read', { path: '2' })],
      [toolCall('x', 'read', { path: '3' })],
      [text('Done.')],
      [toolCall('x', 'read', { path: '4' })],
      [text('Done.')],
    );
    const calls = [...(await session.ask('Go')), ...(await session.ask('Once more'))];
    expect(calls.map(({ result }) => result)).toEqual(
      ['1', '2', '3', '4'].map((path) => `content of {"path":"${path}"}`),
    );
    const ids = calls.map(({ callId }) => callId);
    expect(new Set(ids).size).toBe(4);
    const shown = JSON.stringify(session.messages(4)).matchAll(
      /"(?:tool_call_id|tool_use_id|id)":"([^"]+)"/g,
    );
    expect([...shown].map(([, id]) => id).sort()).toEqual([...ids, ...ids].sort());
  });

  test('that writes blank text before its call is not shown it: Anthropic would refuse it', async () => {
    await using model = await startModelServer();
    await using session = await startToolChat(model, format);
    model.script([text('\n\n'), toolCall('a', 'read', {})], [text('Done.')], [text('Bye.')]);
    await session.ask('Go');
    await session.ask('Bye');
    for (const request of [1, 2]) expect(JSON.stringify(session.messages(request))).not.toContain('\\n');
  });
});
