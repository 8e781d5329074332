import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  LanguageModelV3Prompt,
} from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { createDemoModel } from '../../../../src/chat/models/demo/demo-model.ts';
import { allParts } from '../../../support/model/call.ts';

const quick = createDemoModel({ delayMs: 0 });

function prompted(text: string): LanguageModelV3Prompt {
  return [{ role: 'user', content: [{ type: 'text', text }] }];
}

async function partsOf(options: LanguageModelV3CallOptions) {
  const { stream } = await quick.doStream(options);
  return allParts(stream);
}

/** The text of an answer, and the tool call as its name and arguments. */
async function reply(prompt: string | LanguageModelV3Prompt, tools: LanguageModelV3FunctionTool[] = []) {
  const parts = await partsOf({ prompt: typeof prompt === 'string' ? prompted(prompt) : prompt, tools });
  const call = parts.find((part) => part.type === 'tool-call');
  const text = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
  return { call: call && [call.toolName, JSON.parse(call.input)], text };
}

async function answer(prompt: string | LanguageModelV3Prompt) {
  return (await reply(prompt)).text;
}

describe('text', () => {
  test('the demo model streams reasoning, then text, word by word, and reports its usage', async () => {
    const parts = await partsOf({ prompt: prompted('Count to 3') });
    const [, metadata] = parts;
    expect(metadata).toMatchObject({ type: 'response-metadata', modelId: 'demo-1' });
    expect(parts.map((part) => ('delta' in part ? part.delta : part.type))).toEqual([
      ...['stream-start', 'response-metadata'],
      ...['reasoning-start', 'I ', 'count ', 'to ', '3.', 'reasoning-end'],
      ...['text-start', '1, ', '2, ', '3.', 'text-end'],
      'finish',
    ]);
    expect(parts.at(-1)).toEqual({
      type: 'finish',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: {
        inputTokens: { total: 4, noCache: 4, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 8, reasoning: 5, text: 3 },
      },
    });
  });

  test.each([
    ['count to 5', '1, 2, 3, 4, 5.'],
    ['say Hello, world!', 'Hello, world!'],
    ['what is 12 * 12?', '12 * 12 = 144'],
    ['What is 2 + 2?', '2 + 2 = 4'],
    ['what is 3 - 10', '3 - 10 = -7'],
  ])('the demo model answers %j with %j', async (prompt, expected) => {
    expect(await answer(prompt)).toBe(expected);
  });

  test.each(['Hello! What can you do?', 'Why is the sky blue?', 'Can you run python?', ''])(
    'the demo model quotes %j, introduces itself and names the settings of real models',
    async (prompt) => {
      const text = await answer(prompt);
      expect(text.startsWith(`You said: “${prompt}”`)).toBe(true);
      expect(text).toMatch(/demo model.*set OPENAI_API_KEY.*OPENAI_BASE_URL/s);
    },
  );

  test.each([1, 2, 5, 20, 333, 5_000])('the demo model writes exactly %d words', async (words) => {
    const text = await answer(`Write ${words} words.`);
    expect(text.split(/\s+/)).toHaveLength(words);
    expect(text.endsWith('.')).toBe(true);
  });

  test('the demo model writes at most 100,000 words', async () => {
    expect((await answer('Write 250000 words.')).split(/\s+/)).toHaveLength(100_000);
  });

  test.each(['write 1 ', 'count to ', 'what is 1 + ', 'run `', '('])(
    'the demo model introduces itself after a megabyte of %j',
    async (words) => {
      expect(await answer(words.repeat(1_000_000 / words.length))).toContain('demo model');
    },
  );

  test('the demo model answers the newest prompt after files and earlier tool calls', async () => {
    const earlier = { toolCallId: '1', toolName: 'ls' };
    const parts = await partsOf({
      prompt: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: 'AAAA' }] },
        { role: 'assistant', content: [{ type: 'tool-call', ...earlier, input: {} }] },
        {
          role: 'tool',
          content: [{ type: 'tool-result', ...earlier, output: { type: 'text', value: 'a.txt' } }],
        },
        { role: 'user', content: [{ type: 'text', text: 'count to 2' }] },
      ],
      tools: [{ type: 'function', name: 'ls', inputSchema: { type: 'object' } }],
    });
    expect(parts.map((part) => ('delta' in part ? part.delta : '')).join('')).toContain('1, 2.');
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
  });

  test('the demo model stops at maxOutputTokens and gives the finish reason "length"', async () => {
    const parts = await partsOf({ prompt: prompted('Write 500 words.'), maxOutputTokens: 50 });
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: 'length' } });
  });
});

/** Node tools as the gateway offers them: with the nodes to choose from. */
function toolsOn(nodeIds: string[], offered = ['run_command', 'read_file']): LanguageModelV3FunctionTool[] {
  return offered.map((name) => ({
    type: 'function',
    name,
    inputSchema: { type: 'object', properties: { node: { type: 'string', enum: nodeIds } } },
  }));
}

describe('tool calls', () => {
  test('the demo model streams its reasoning and then a tool call', async () => {
    const parts = await partsOf({ prompt: prompted('run `uname -a`'), tools: toolsOn(['laptop']) });
    const shown = parts.slice(2).map((part) => ('delta' in part ? part.delta : part.type));
    const input = '{"command":"uname -a","node":"laptop"}';
    expect(shown).toEqual([
      ...['reasoning-start', 'I ', 'call ', 'run_command ', 'on ', 'laptop.', 'reasoning-end'],
      ...['tool-input-start', input, 'tool-input-end', 'tool-call'],
      'finish',
    ]);
    expect(parts.at(-2)).toEqual({
      type: 'tool-call',
      toolCallId: expect.stringMatching(/^call_[\w-]{16}$/),
      toolName: 'run_command',
      input,
    });
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'tool-calls' },
      usage: { outputTokens: { reasoning: 8, text: 13, total: 21 } },
    });
  });

  test.each([
    ['Run `ls -l`', 'run_command', { command: 'ls -l' }],
    ['Please run `ls | wc -l` on laptop.', 'run_command', { command: 'ls | wc -l' }],
    ['run `echo on desk` on `laptop`', 'run_command', { command: 'echo on desk' }],
    ['read `README.md`', 'read_file', { path: 'README.md' }],
    ['Read `my notes.txt` on laptop!', 'read_file', { path: 'my notes.txt' }],
  ])('the demo model takes %j as a call of %s', async (prompt, toolName, args) => {
    const { call } = await reply(prompt, toolsOn(['laptop']));
    expect(call).toEqual([toolName, { ...args, node: 'laptop' }]);
  });

  test.each([
    'run out of milk',
    'What happens when I run `rm -rf /`?',
    "Don't run `rm -rf /`",
    'run `ls` and `pwd`',
  ])('the demo model calls no tool for %j', async (prompt) => {
    const { call, text } = await reply(prompt, toolsOn(['laptop']));
    expect(call).toBeUndefined();
    expect(text).toContain('demo model');
  });

  test('the demo model calls a tool that names no nodes without a node', async () => {
    const anywhere = { type: 'function', name: 'read_file', inputSchema: { type: 'object' } } as const;
    expect((await reply('read `a.txt`', [anywhere])).call).toEqual(['read_file', { path: 'a.txt' }]);
  });

  test.each(['run `ls`', 'run `ls` on phone'])(
    'the demo model asks for one of two nodes after %j',
    async (prompt) => {
      expect(await reply(prompt, toolsOn(['laptop', 'desk']))).toEqual({
        call: undefined,
        text: 'On which node? Say it again with "on" and one of: `laptop`, `desk`.',
      });
    },
  );

  test('the demo model calls the tool on the named one of two nodes', async () => {
    const { call } = await reply('run `ls` on desk', toolsOn(['laptop', 'desk']));
    expect(call).toEqual(['run_command', { command: 'ls', node: 'desk' }]);
  });

  test.each([
    ['no tool', []],
    ['only another tool', toolsOn(['laptop'], ['read_file'])],
  ])('the demo model says how to attach a node when the session offers %s', async (_offered, tools) => {
    const { call, text } = await reply('run `ls`', tools);
    expect(call).toBeUndefined();
    expect(text).toMatch(/`run_command`.*registerNode.*switchyard agent.*attachNodes.*`toolApproval`/s);
  });
});

describe('tool results', () => {
  function afterCall(output: string, type: 'text' | 'error-text' = 'text') {
    const call = { toolCallId: 'a', toolName: 'run_command' };
    return partsOf({
      prompt: [
        ...prompted('run `make` on laptop'),
        { role: 'assistant', content: [{ type: 'tool-call', ...call, input: { command: 'make' } }] },
        { role: 'tool', content: [{ type: 'tool-result', ...call, output: { type, value: output } }] },
      ],
    });
  }

  async function textAfter(...result: Parameters<typeof afterCall>) {
    return (await afterCall(...result))
      .map((part) => (part.type === 'text-delta' ? part.delta : ''))
      .join('');
  }

  test('the demo model shows the result of its tool call and calls nothing more', async () => {
    const parts = await afterCall('ok\n');
    expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe(
      'The result:\n\n```\nok\n```',
    );
    expect(parts.filter(({ type }) => type === 'tool-call')).toEqual([]);
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'stop' },
      usage: { inputTokens: { total: 15 } },
    });
  });

  test('the demo model shows why a tool call failed', async () => {
    expect(await textAfter('There is no file a.txt.', 'error-text')).toContain('There is no file a.txt.');
  });

  test('the demo model shows the first 5,000 characters of a long result', async () => {
    expect(await textAfter('x'.repeat(1_000_000))).toBe(
      `The result:\n\n\`\`\`\n${'x'.repeat(5_000)}…\n\`\`\``,
    );
  });

  test('the demo model puts a longer fence around a result that has fences in it', async () => {
    expect(await textAfter('```js\n1\n```')).toBe('The result:\n\n````\n```js\n1\n```\n````');
  });
});

describe('the stream of the demo model', () => {
  const slow = createDemoModel({ delayMs: 1_000_000_000 });

  test('an aborted stream ends during a pause', async () => {
    const alice = new AbortController();
    const { stream } = await slow.doStream({ prompt: prompted('Hello'), abortSignal: alice.signal });
    const ended = allParts(stream).catch((thrown: unknown) => thrown);
    alice.abort('stop');
    expect(await ended).toBe('stop');
  });

  test('a cancelled stream ends during a pause', async () => {
    const { stream } = await slow.doStream({ prompt: prompted('Hello') });
    const reader = stream.getReader();
    for (let read = 0; read < 3; read += 1) await reader.read();
    const next = reader.read();
    await reader.cancel();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('a stream without pauses lets the rest of the process work', async () => {
    let turns = 0;
    const tick = () => {
      turns += 1;
      if (!done) setImmediate(tick);
    };
    let done = false;
    setImmediate(tick);
    await answer('Write 5000 words.');
    done = true;
    expect(turns).toBeGreaterThan(50);
  });
});
