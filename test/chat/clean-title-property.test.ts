import fc from 'fast-check';
import { expect, test } from 'vitest';
import { invisible } from '../../src/base/visible-text.ts';
import { cleanTitle } from '../../src/chat/titles/clean-title.ts';

test.each([
  ['Trains to Lisbon', 'Trains to Lisbon'],
  ['"Trains to Lisbon."', 'Trains to Lisbon'],
  ['**Title:** Trains to Lisbon', 'Trains to Lisbon'],
  ['# Trains to Lisbon\n\nHere is why.', 'Trains to Lisbon'],
  ['\n\n- 1. Züge nach Lissabon', 'Züge nach Lissabon'],
  ['<b>Trains</b> to [Lisbon](https://example.org)', 'Trains to Lisbon'],
  ['火车去里斯本', '火车去里斯本'],
  ['Trains\u202e to\u200b Lis\u0007bon', 'Trains to Lisbon'],
  ['C++ and `f(x)`', 'C++ and f(x)'],
  ['***\n---\n"."', undefined],
  ['', undefined],
  ['word '.repeat(40), `${'word '.repeat(16).trim()}…`],
])('of %j it makes %j', (text, title) => {
  expect(cleanTitle(text)).toBe(title);
});

const unseen = new RegExp(`[\\n\\t]|${invisible}`, 'u');

test('whatever a model writes, a title is one short line of visible characters, or none', () => {
  const pieces = fc.constantFrom(
    '\u202e',
    '\u200b',
    '\n',
    '\0',
    '<b>',
    '"',
    '# ',
    '…',
    '🐎',
    '\ud83d',
    'Title:',
  );
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), pieces)).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const title = cleanTitle(text);
      if (title === undefined) return;
      expect(title.length).toBeLessThanOrEqual(81);
      expect(title.trim()).not.toBe('');
      expect(title).not.toMatch(unseen);
    }),
  );
});
