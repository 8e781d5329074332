import { describe, expect, test } from 'vitest';
import { visibleJson } from '../../src/base/visible-text.ts';
import { visibleParts, visibleText, warningsOf } from '../../src/console/state/visible-text.ts';

describe('the visible form of a text', () => {
  test.each([
    ['a bidirectional override', 'a\u202eb', 'a⟨U+202E⟩b'],
    ['a bidirectional isolate', 'a\u2066b', 'a⟨U+2066⟩b'],
    ['an Arabic letter mark', 'א\u061cב', 'א⟨U+061C⟩ב'],
    ['a zero-width space', 'r\u200bm', 'r⟨U+200B⟩m'],
    ['a byte order mark', '\ufeffrm', '⟨U+FEFF⟩rm'],
    ['a soft hyphen', 'r\u00adm', 'r⟨U+00AD⟩m'],
    ['a terminal escape sequence', '\u001b[2K', '⟨U+001B⟩[2K'],
    ['a carriage return', 'rm\rls', 'rm⟨U+000D⟩ls'],
    ['a delete and a C1 control', '\u007f\u0085', '⟨U+007F⟩⟨U+0085⟩'],
    ['a line separator', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['a space that is not ASCII', 'a\u00a0b\u3000c', 'a⟨U+00A0⟩b⟨U+3000⟩c'],
    ['a filler that looks empty', '\u3164\u2800', '⟨U+3164⟩⟨U+2800⟩'],
    ['a variation selector', 'a\ufe01', 'a⟨U+FE01⟩'],
    ['a tag character', 'a\u{e0061}', 'a⟨U+E0061⟩'],
    ['a lone surrogate', 'a\ud800b', 'a⟨U+D800⟩b'],
    ['a private character', '\ue000', '⟨U+E000⟩'],
    ['a combining mark on no letter', '/\u0338', '/⟨U+0338⟩'],
    ['a stack of combining marks', 'a\u0301\u0301\u0301\u0301\u0301', 'a\u0301\u0301\u0301⟨U+0301 × 2⟩'],
    ['a row of zero-width characters', 'a\u200b\u200b\u200bb', 'a⟨U+200B × 3⟩b'],
  ])('%s is shown as its code point', (_what, text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(warningsOf(text)).toEqual([
      'This contains invisible characters. They are shown as their code points: ⟨U+…⟩.',
    ]);
  });

  test('a normal text in any language stays as it is', () => {
    const text = 'ls -l\n\tcafé naïve ẹ́ 日本語 한국어 Привет мир, γειά हिन्दी שלום عربي 👍🏽 … “—”';
    expect(visibleText(text)).toBe(text);
    expect(warningsOf(text)).toEqual([]);
  });

  test('letters that are written from right to left are isolated, and the characters around them are not', () => {
    expect(visibleParts('rm \u05d0\u05d1 123')).toEqual([
      { kind: 'plain', text: 'rm ' },
      { kind: 'rightToLeft', text: '\u05d0\u05d1' },
      { kind: 'plain', text: ' 123' },
    ]);
  });
});

test('JSON that a person edits shows each hidden character as an escape, and means the same', () => {
  const args = { 'co\u200dmmand': 'rm \u202e\u05d0\u001b[2K\n\u{e0061}\ud800 caf\u00e9', n: [1] };
  const json = visibleJson(args);
  expect(json).toBe(
    '{\n  "co\\u200dmmand": "rm \\u202e\\u05d0\\u001b[2K\\n\\udb40\\udc61\\ud800 caf\u00e9",\n  "n": [\n    1\n  ]\n}',
  );
  expect(JSON.parse(json)).toEqual(args);
});

describe('the warning of letters that look like Latin ones', () => {
  test.each([
    ['a Cyrillic letter in a Latin word', 'cat p\u0430ssword', 'p\u0430ssword'],
    ['a Greek letter in a Latin word', 'sud\u03bf ls', 'sud\u03bf'],
    ['an Armenian letter in a Latin word', 'b\u0585b', 'b\u0585b'],
    ['a Cyrillic word that looks Latin', 'cat \u0441\u043e\u0440', '\u0441\u043e\u0440'],
    ['full-width letters', '\uff52\uff4d -rf', '\uff52\uff4d'],
    ['a single Cyrillic letter without other Cyrillic words', 'chmod \u0430+x', '\u0430'],
    ['a Cyrillic word with digits that looks Latin', 'cat \u0441\u043e\u0440_2', '\u0441\u043e\u0440_2'],
    ['an Armenian word that looks Latin', 'cat \u0578\u057d\u0570', '\u0578\u057d\u0570'],
    ['a Cherokee word that looks Latin', '\u13a1\u13b7 -rf', '\u13a1\u13b7'],
    ['a Roman numeral in a Latin word', 'cur\u217c x', 'cur\u217c'],
    ['a phonetic letter in a Latin word', '\u0261it push', '\u0261it'],
    ['small capitals', '\u0280\u1d0d -rf', '\u0280\u1d0d'],
    ['a ligature', '\ufb01nd .', '\ufb01nd'],
    ['mathematical letters', '\u{1d42b}\u{1d426} -rf', '\u{1d42b}\u{1d426}'],
  ])('%s is quoted', (_what, text, word) => {
    expect(warningsOf(text)).toEqual([`This has letters that only look like Latin letters, in “${word}”.`]);
  });

  test('single letters of normal words in another script are not quoted', () => {
    expect(warningsOf('echo "Привет, а у вас и о чём?"')).toEqual([]);
  });

  test('signs that look like those on a keyboard are quoted with their code points', () => {
    expect(warningsOf('rm \u2212rf .\u2215build\u037e ls \u01c0 cat')).toEqual([
      'This has signs that only look like those on a keyboard: “\u2212” (U+2212), “\u2215” (U+2215), “\u037e” (U+037E) and 1 more sign.',
    ]);
  });

  test('an invisible character does not hide that a word is mixed', () => {
    expect(warningsOf('p\u200b\u0430ss')[1]).toContain('“p\u0430ss”');
  });

  test('three words are quoted, and the others are counted', () => {
    expect(warningsOf('a\u0430 b\u0430 c\u0430 d\u0430 e\u0430')[0]).toContain(
      '“a\u0430”, “b\u0430”, “c\u0430” and 2 more words.',
    );
  });
});
