import type { LanguageModelV3CallOptions, LanguageModelV3Prompt } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { createDemoModel } from '../../../../src/chat/models/demo/demo-model.ts';
import { allParts } from '../../../support/model/call.ts';

const quick = createDemoModel({ delayMs: 0 });

function prompted(...prompts: string[]): LanguageModelV3Prompt {
  return prompts
    .flatMap(
      (text): LanguageModelV3Prompt => [
        { role: 'user', content: [{ type: 'text', text }] },
        { role: 'assistant', content: [{ type: 'text', text: 'I see.' }] },
      ],
    )
    .slice(0, -1);
}

async function partsOf(options: LanguageModelV3CallOptions) {
  const { stream } = await quick.doStream(options);
  return allParts(stream);
}

async function answer(...prompts: string[]) {
  const parts = await partsOf({ prompt: prompted(...prompts) });
  return parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
}

describe('the demo model', () => {
  test('streams reasoning, then text, word by word, and reports what it used', async () => {
    const parts = await partsOf({ prompt: prompted('Count to 3') });
    const [, metadata] = parts;
    expect(metadata).toMatchObject({ type: 'response-metadata', modelId: 'demo-1' });
    expect(parts.map((part) => ('delta' in part ? part.delta : part.type))).toEqual([
      ...['stream-start', 'response-metadata'],
      ...['reasoning-start', 'I ', 'am ', 'to ', 'count ', 'from ', '1 ', 'to ', '3.', 'reasoning-end'],
      ...['text-start', '1, ', '2, ', '3.', 'text-end'],
      'finish',
    ]);
    expect(parts.at(-1)).toEqual({
      type: 'finish',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: {
        inputTokens: { total: 4, noCache: 4, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 12, reasoning: 9, text: 3 },
      },
    });
  });

  test('answers the same in one piece', async () => {
    const { content, finishReason } = await quick.doGenerate({ prompt: prompted('count to 3') });
    expect(content.at(-1)).toEqual({ type: 'text', text: '1, 2, 3.' });
    expect(finishReason.unified).toBe('stop');
  });

  test.each([
    ['Hello!', /^Hello! I am the demo model/],
    ['Who are you?', /demo model.*set OPENAI_API_KEY/s],
    ['How do I configure a real model?', /ANTHROPIC_API_KEY.*OPENAI_BASE_URL/s],
    ['Why is the sky blue?', /“Why is the sky blue\?”.*demo model/s],
    ['', /empty prompt/],
    ['Thank you', /welcome/],
    ['bye', /Goodbye/],
    ['What is the date today?', new RegExp(`${new Date().getUTCFullYear()}, \\d\\d:\\d\\d UTC`)],
  ])('answers %j sensibly', async (prompt, expected) => {
    expect(await answer(prompt)).toMatch(expected);
  });

  test.each([
    ['count to 5', '1, 2, 3, 4, 5.'],
    ['Count from 8 to 11, please', '8, 9, 10, 11.'],
    ['count down from 3', '3, 2, 1.'],
    ['count from 1 to -1', '1, 0, -1.'],
  ])('follows %j', async (prompt, expected) => {
    expect(await answer(prompt)).toBe(expected);
  });

  test.each([
    ['what is 12 * (3 + 4)?', '12 * (3 + 4) = 84'],
    ['7 times 6', '7 * 6 = 42'],
    ['2 ^ 3 ^ 2 =', '2 ^ 3 ^ 2 = 512'],
    ['-2^2', '-2^2 = -4'],
    ['10 - 4 - 3', '10 - 4 - 3 = 3'],
    ['0.1 + 0.2', '0.1 + 0.2 = 0.3'],
    ['1,000 / 8', '1000 / 8 = 125'],
    ['1 / 0', '1 / 0 has no answer that is a number.'],
  ])('calculates %j', async (prompt, expected) => {
    expect(await answer(prompt)).toBe(expected);
  });

  test.each(['2 +', '(1 + 2', '1 + + 2', '3 + apples'])(
    'takes %j for no arithmetic it could do',
    async (prompt) => {
      expect(await answer(prompt)).toContain('demo model');
    },
  );

  test.each([1, 2, 5, 20, 333, 5_000])('writes exactly %d words', async (words) => {
    const text = await answer(`Write ${words} words.`);
    expect(text.split(/\s+/)).toHaveLength(words);
    expect(text.endsWith('.')).toBe(true);
  });

  test('writes long texts in many different sentences, and at most 100,000 words', async () => {
    const text = await answer('Write 250,000 words.');
    expect(text.split(/\s+/)).toHaveLength(100_000);
    const sentences = text.split(/(?<=\.)\s+/);
    expect(new Set(sentences).size).toBeGreaterThan(sentences.length * 0.9);
  });

  test('remembers what was said before', async () => {
    expect(await answer('My name is Alice', 'I like trains', 'What did I say?')).toBe(
      'You said: “My name is Alice” Then: “I like trains”',
    );
    expect(await answer('My name is Alice', 'I like trains', 'what is my name?')).toBe('Your name is Alice.');
    expect(await answer('One', 'Two', 'What was my first message?')).toBe(
      'The first thing you said was: “One”',
    );
    expect(await answer('What did I say?')).toBe('You have not said anything before this.');
  });

  test.each(['write 1 ', 'did I ', '1 + ', '('])('answers a megabyte of %j', async (words) => {
    expect(await answer(words.repeat(1_000_000 / words.length))).toContain('demo model');
  });

  test('tolerates tools, tool results and files', async () => {
    const parts = await partsOf({
      prompt: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: 'AAAA' }] },
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: '1', toolName: 'ls', input: {} }] },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: '1',
              toolName: 'ls',
              output: { type: 'text', value: 'a.txt' },
            },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'count to 2' }] },
      ],
      tools: [{ type: 'function', name: 'ls', inputSchema: { type: 'object' } }],
    });
    expect(parts.map((part) => ('delta' in part ? part.delta : '')).join('')).toContain('1, 2.');
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
  });

  test('stops at maxOutputTokens and says so', async () => {
    const parts = await partsOf({ prompt: prompted('Write 500 words.'), maxOutputTokens: 50 });
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: 'length' } });
  });
});

describe('the stream of the demo model', () => {
  const slow = createDemoModel({ delayMs: 1_000_000_000 });

  test('ends in the middle of a pause when aborted', async () => {
    const alice = new AbortController();
    const { stream } = await slow.doStream({ prompt: prompted('Hello'), abortSignal: alice.signal });
    const ended = allParts(stream).catch((thrown: unknown) => thrown);
    alice.abort('stop');
    expect(await ended).toBe('stop');
  });

  test('ends in the middle of a pause when cancelled', async () => {
    const { stream } = await slow.doStream({ prompt: prompted('Hello') });
    const reader = stream.getReader();
    for (let read = 0; read < 3; read += 1) await reader.read();
    const next = reader.read();
    await reader.cancel();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('lets the rest of the process work while it writes as fast as it can', async () => {
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
