import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cutText,
  cutToBytes,
  shorten,
  shortenMiddle,
  textAfter,
  textForLog,
} from '../../src/base/cut-text.ts';

test.each([
  ['memo.wav', 255, 'memo.wav'],
  ['abc', 2, 'ab'],
  ['aé', 2, 'a'],
  ['a🦊b', 4, 'a'],
  ['a🦊b', 5, 'a🦊'],
  ['', 255, ''],
])('the text %j that is cut to %d bytes becomes %j', (text, maxBytes, cut) => {
  expect(cutToBytes(text, maxBytes)).toBe(cut);
});

test('any text is cut to a beginning that fits and ends with a whole character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 40 }), (text, maxBytes) => {
      const cut = cutToBytes(text, maxBytes);
      expect(text.startsWith(cut)).toBe(true);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
      const [next] = text.slice(cut.length);
      if (next !== undefined) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(maxBytes);
    }),
  );
});

test('a text that is cut at any place keeps only whole characters, in the head and in the rest', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 40 }), (text, length) => {
      const cuts = [
        cutText(text, length),
        textAfter(text, length),
        shorten(text, length),
        shortenMiddle(text, length),
      ];
      for (const cut of cuts) expect(cut).not.toMatch(/\p{Surrogate}/u);
      expect(text.startsWith(cutText(text, length))).toBe(true);
      expect(text.endsWith(textAfter(text, length))).toBe(true);
      expect(cutText(text, length).length).toBeLessThanOrEqual(length);
    }),
  );
});

test.each([
  ['a🦊b', 2, 'a', 'b', 'a…', 'a … b'],
  ['a🦊b', 3, 'a🦊', 'b', 'a🦊…', 'a … b'],
  ['a🦊b', 4, 'a🦊b', '', 'a🦊b', 'a🦊b'],
])('%j cut after %d has the head %j and the rest %j', (text, length, head, rest, shortened, middle) => {
  expect(cutText(text, length)).toBe(head);
  expect(textAfter(text, length)).toBe(rest);
  expect(shorten(text, length)).toBe(shortened);
  expect(shortenMiddle(text, length)).toBe(middle);
});

test.each([
  ['Zoë’s 🦊', 'Zoë’s 🦊'],
  ['a\nb', 'a\\u{a}b'],
  ['\u001b[31mred', '\\u{1b}[31mred'],
  ['\u009b31mred', '\\u{9b}31mred'],
  ['\u202evaw.exe', '\\u{202e}vaw.exe'],
  ['a\u2028b', 'a\\u{2028}b'],
  ['\ud83d', '\\u{d83d}'],
])('the text %j is logged as %j', (text, logged) => {
  expect(textForLog(text, 100)).toBe(logged);
});

test('a long text is cut for the log, before it is escaped', () => {
  expect(textForLog('\n'.repeat(1_000), 2)).toBe('\\u{a}\\u{a}…');
});
