import { countTokens as exact } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { countTokens } from '../../../src/chat/usage/estimate-tokens.ts';
import { createRandom } from '../../support/files/random.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';

const code = 'export const sum = (a: number, b: number) => {\n  return a + b; // 漢字\n};\n';
const texts = {
  English: 'The quick brown fox jumps over the lazy dog. ',
  Japanese: '今日は天気がいいので散歩に行きましょう。',
  Arabic: 'مرحبا بالعالم، هذا نص عربي. ',
  code,
  'a table of numbers': '1234567,89.01;-2.5e10;0xdeadbeef\n',
  emoji: '👩‍👩‍👧 😀 🏳️‍🌈 ',
  'one long word': 'Donaudampfschifffahrtsgesellschaft',
  base64: 'QWxpY2UgYW5kIEJvYiB0YWxrIGFib3V0IHRva2Vucw+/',
};

/** The tokens of a long text, counted in pieces: the tokenizer needs quadratic time for a text without spaces. */
function exactly(text: string): number {
  const pieces = text.match(/[\s\S]{1,10000}/g) ?? [];
  return pieces.reduce((sum, piece) => sum + exact(piece, { disallowedSpecial: new Set() }), 0);
}

test.each(Object.entries(texts))('the tokens of %s are counted exactly', async (_, text) => {
  for (const whole of [text, `${text}\n${text}`, ` ${text.toUpperCase()}\ud800`]) {
    expect(await countTokens(whole)).toBe(exactly(whole));
  }
});

test('no turn of the event loop is long, whatever is counted', measured, async () => {
  const next = createRandom(1);
  const hanzi = Array.from({ length: 20_000 }, () => String.fromCharCode(0x4e00 + next() * 20_000)).join('');
  for (const text of [hanzi, 'x'.repeat(20_000), '='.repeat(1_000_000), hanzi.repeat(50)]) {
    const turns: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) turns.push(await longestTurn(() => countTokens(text)));
    expect(Math.min(...turns)).toBeLessThan(50);
  }
});

test.each(
  Object.entries(texts).flatMap(([name, text]) =>
    [100, 19_000, 21_000, 400_000].map((length) => [name, length, text] as const),
  ),
)('the tokens of %s of %i characters are right to 20 %%', async (_, length, text) => {
  const whole = text.repeat(Math.ceil(length / text.length)).slice(0, length);
  const tokens = exactly(whole);
  const estimate = await countTokens(whole);
  expect(estimate / tokens).toBeGreaterThan(0.8);
  expect(estimate / tokens).toBeLessThan(1.2);
});

test.each([1_000, 5_000, 10_000])('a text that changes its kind every %i characters', async (length) => {
  const some = texts.Japanese.repeat(length / 20).slice(0, length / 10);
  const whole = (some + texts.English.repeat(length / 20).slice(0, length - some.length)).repeat(
    400_000 / length,
  );
  const estimate = await countTokens(whole);
  expect(estimate / exactly(whole)).toBeGreaterThan(0.8);
  expect(estimate / exactly(whole)).toBeLessThan(1.2);
});

test('a long text of several kinds is right to 20 %', async () => {
  const whole = Object.values(texts)
    .map((text) => text.repeat(1_500))
    .join('\n');
  const tokens = exactly(whole);
  const estimate = await countTokens(whole);
  expect(estimate / tokens).toBeGreaterThan(0.8);
  expect(estimate / tokens).toBeLessThan(1.2);
});
