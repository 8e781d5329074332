import { randomUUID } from 'node:crypto';

/**
 * JavaScript has no number for an integer beyond 2^53, such as many ids. In a parsed value, such an integer is a text: a
 * mark and the digits. There are two marks:
 *
 * - The stored one, in the database and in logs.
 * - The passing one, in a value that is about to be written as JSON, where `withLongIntegers` replaces it by the number.
 *   It is secret, so that no text that somebody else wrote becomes a number.
 */
const storedMark = '\uFDD0';
const passingMark = `long-integer-${randomUUID()}:`;

/** Shorter ones always fit. */
const mayHaveLongInteger = /\d{16}/;
const jsonNumber = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const integer = /^-?\d{16,}$/;
/** With all backslashes before its quotes, where the JSON is a text in other JSON. */
const writtenMark = new RegExp(`(?<!\\\\)(\\\\*)"${passingMark}(-?\\d{16,})\\1"`, 'g');

/** Parses JSON. Long integers have the passing mark. @throws SyntaxError if the text is no JSON. */
export function parseLongIntegers(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!mayHaveLongInteger.test(text)) return value;
  const marked = markIntegers(text);
  return marked === text ? value : JSON.parse(marked);
}

/** The value with the stored mark in place of the passing one. */
export function storeLongIntegers(value: unknown): unknown {
  return mapTexts(value, (text) => (text.startsWith(passingMark) ? storedMark + digitsOf(text) : text));
}

/** The value with the passing mark in place of the stored one. */
export function passLongIntegers(value: unknown): unknown {
  return mapTexts(value, (text) => (isStored(text) ? passingMark + text.slice(storedMark.length) : text));
}

/** The value with numbers, which are not exact, in place of long integers with either mark. */
export function roundLongIntegers(value: unknown): unknown {
  return mapTexts(value, (text) => {
    if (text.startsWith(passingMark)) return Number(digitsOf(text));
    return isStored(text) ? Number(text.slice(storedMark.length)) : text;
  });
}

/** JSON with numbers in place of the passing marks. */
export function withLongIntegers(json: string): string {
  return json.includes(passingMark) ? json.replace(writtenMark, '$2') : json;
}

/** Writes a value as JSON. Long integers with the passing mark become numbers. */
export function writeJson(value: unknown): string {
  return withLongIntegers(JSON.stringify(value));
}

function isStored(text: string): boolean {
  return text.startsWith(storedMark) && integer.test(text.slice(storedMark.length));
}

function digitsOf(text: string): string {
  return text.slice(passingMark.length);
}

/** Marks the long integers of valid JSON. */
function markIntegers(json: string): string {
  let marked = '';
  let copied = 0;
  for (let at = 0; at < json.length; ) {
    const char = json.charAt(at);
    if (char === '"') {
      at = endOfText(json, at);
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      jsonNumber.lastIndex = at;
      const [number = char] = jsonNumber.exec(json) ?? [];
      if (integer.test(number) && !Number.isSafeInteger(Number(number))) {
        marked += `${json.slice(copied, at)}"${passingMark}${number}"`;
        copied = at + number.length;
      }
      at += number.length;
    } else {
      at += 1;
    }
  }
  return marked + json.slice(copied);
}

function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}

/** Values of more than 1,000 levels overflow the stack. */
function mapTexts(value: unknown, map: (text: string) => unknown): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, mapTexts(field, map)]));
}
