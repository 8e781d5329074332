import { shorten } from '../../base/cut-text.ts';

/** Formats a duration, for example `12 ms` or `3.4 s`. */
export function formatDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Puts a text on one line, escapes it with `escapeInvisible`, and cuts it if it is longer than 200 characters. */
export function formatLine(text: string): string {
  return escapeInvisible(shorten(text, longestLine));
}

/**
 * Shows exactly which command runs, on one line: two different commands never look alike. A backslash that would look
 * like an escape of `escapeInvisible` is doubled.
 */
export function formatCommand(command: string): string {
  return escapeInvisible(command.replace(ambiguous, '\\\\'));
}

/**
 * Escapes characters that a terminal does not show as they are, so that a text from a model or a gateway can neither
 * control the terminal, nor change the direction in which it reads, nor cover other text.
 */
export function escapeInvisible(text: string): string {
  return text.replace(
    unprintable,
    (character) => named[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

export const longestLine = 200;
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/**
 * What a terminal does not show as it is: control characters, formatting characters (some change the direction of text),
 * separators and spaces except U+0020, lone surrogates, private and unassigned characters, characters without a width
 * (`DI`), U+2800, which looks like a space, letters that are written from right to left, because they reorder what
 * stands around them, and marks that stand on no letter or are beyond the third of a letter, because they cover their
 * neighbours.
 */
const invisible = String.raw`[\p{C}\p{Zl}\p{Zp}\p{DI}\p{Me}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]|(?<!\p{L}\p{M}{0,2})\p{M}`;
const unprintable = new RegExp(invisible, 'gu');
const ambiguous = new RegExp(String.raw`\\(?=[\\nrtu]|${invisible})`, 'gu');
