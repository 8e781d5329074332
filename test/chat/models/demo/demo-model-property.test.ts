import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDemoModel } from '../../../../src/chat/models/demo/demo-model.ts';

const model = createDemoModel({ delayMs: 0 });
/** Words that the rules of the model look for, to be mixed with any other text. */
const phrase = fc.constantFrom(
  ...[
    'What is',
    'Count to',
    'Write',
    'words',
    'Say',
    'Run',
    'Read',
    'on',
    '12',
    '3.5',
    '*',
    '/',
    '-',
    '?',
    '.',
  ],
  ...['(', ')', '"', '`', '```'],
);
const prompt = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }),
  fc
    .array(
      fc.oneof(phrase, fc.nat({ max: 200 }).map(String), fc.string({ unit: 'grapheme', maxLength: 8 })),
      { minLength: 1 },
    )
    .map((parts) => parts.join(' ')),
);

async function answerTo(prompts: string[]): Promise<LanguageModelV3StreamPart[]> {
  const messages = prompts.map((text) => ({
    role: 'user' as const,
    content: [{ type: 'text' as const, text }],
  }));
  const { stream } = await model.doStream({ prompt: messages });
  const parts: LanguageModelV3StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

test('the demo model answers every prompt with some text and finishes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(prompt, { minLength: 1, maxLength: 3 }), async (prompts) => {
      const parts = await answerTo(prompts);
      expect(parts.filter(({ type }) => type === 'error')).toEqual([]);
      const text = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
      expect(text.trim()).not.toBe('');
      expect(text).toMatch(/^\P{Surrogate}*$/u);
      const last = parts.at(-1);
      expect(last).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
      if (last?.type === 'finish') expect(last.usage.outputTokens.total).toBeGreaterThan(0);
    }),
  );
});
