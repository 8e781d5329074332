/**
 * Every text that is cut is cut here, because a cut must never leave half a character: a database, a provider and a
 * browser would each store or show something else in its place.
 */

/** The beginning of a text, of at most `maxLength` UTF-16 code units. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return text.slice(0, splitsCharacter(text, maxLength) ? maxLength - 1 : maxLength);
}

/** The rest of a text after its first `length` UTF-16 code units. */
export function textAfter(text: string, length: number): string {
  return text.slice(splitsCharacter(text, length) ? length + 1 : length);
}

/** Cuts a text that is longer than `maxLength` UTF-16 code units, and puts `…` behind it. */
export function shorten(text: string, maxLength: number): string {
  return text.length > maxLength ? `${cutText(text, maxLength)}…` : text;
}

/** Cuts the middle out of a text that is longer than `maxLength` UTF-16 code units, and puts ` … ` in its place. */
export function shortenMiddle(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const half = Math.floor(maxLength / 2);
  return `${cutText(text, half)} … ${textAfter(text, text.length - half)}`;
}

/** Whether the two halves of a character lie before and after this position. */
function splitsCharacter(text: string, position: number): boolean {
  return position > 0 && (text.codePointAt(position - 1) ?? 0) > 0xffff;
}

/** Cuts a text to at most `maxBytes` bytes of UTF-8, between two characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** The first offset, at `offset` or after it, at which a UTF-8 character begins; or the end of the bytes. */
export function characterStart(bytes: Uint8Array, offset: number): number {
  let start = Math.min(offset, bytes.length);
  // A character has at most three continuation bytes. Bytes that are not UTF-8 may have any number of them.
  const last = Math.min(start + 3, bytes.length);
  while (start < last && isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}

/** Makes a text of a client or an agent safe for a line of the log: cuts it after `maxLength` UTF-16 code units. */
export function textForLog(text: string, maxLength: number): string {
  return escapeControls(shorten(text, maxLength));
}

/**
 * Escapes line breaks, control characters and characters that change the direction of text as `\u{…}`. A terminal would
 * obey them.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
