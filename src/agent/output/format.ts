import { shorten } from '../../base/cut-text.ts';
import { invisible, rightToLeft, splitVisible } from '../../base/visible-text.ts';

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
  return splitVisible(text)
    .map((part) => (part.kind === 'plain' ? part.text.replaceAll(/[\t\n]/g, codeOf) : escapeAll(part.text)))
    .join('');
}

function escapeAll(text: string): string {
  return Array.from(text, codeOf).join('');
}

function codeOf(character: string): string {
  return named[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

export const longestLine = 200;
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const ambiguous = new RegExp(String.raw`\\(?=[\\nrtu\t\n]|${invisible}|${rightToLeft.source})`, 'gu');
