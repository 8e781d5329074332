import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutToBytes, textForLog } from '../../src/base/cut-text.ts';

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
