import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleParts, visibleText, warningsOf } from '../../src/console/state/visible-text.ts';

const hidden = /[^\P{C}\t\n]|[^\P{Z} ]|\p{Default_Ignorable_Code_Point}/u;

/** Any text, with many of the characters that matter. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u200b',
        '\u0301',
        '\u05d0',
        '\u061c',
        '\ud800',
        '\n',
        '⟨U+202E⟩',
        ' × 2',
      ),
    ),
  )
  .map((pieces) => pieces.join(''));

/** Makes the characters of an escape again. */
function fromEscapes(text: string): string {
  return text.replace(/⟨U\+([\dA-F]+)(?: × (\d+))?⟩/gu, (_all, code, times = '1') =>
    String.fromCodePoint(Number.parseInt(code, 16)).repeat(Number(times)),
  );
}

test('no visible text contains an invisible character', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(visibleText(text)).not.toMatch(hidden);
    }),
  );
});

test('the parts of a text hold all its characters in their order', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parts = visibleParts(text).map((part) =>
        part.kind === 'escape' ? fromEscapes(part.text) : part.text,
      );
      expect(parts.join('')).toBe(text);
    }),
  );
});

test('a text has a warning of invisible characters exactly when it has an escape', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const hasEscape = visibleParts(text).some(({ kind }) => kind === 'escape');
      expect(warningsOf(text).some((warning) => warning.includes('invisible'))).toBe(hasEscape);
    }),
  );
});
