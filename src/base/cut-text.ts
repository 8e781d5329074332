/**
 * The beginning of a text, of at most `maxLength` UTF-16 code units. Never ends with half a character: a database, a
 * provider and a browser would each store or show something else in its place.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return text.slice(0, endsInPair(text, maxLength) ? maxLength - 1 : maxLength);
}

/** As `cutText`, with `…` behind a text that was longer. The result has at most `maxLength` code units and the `…`. */
export function shorten(text: string, maxLength: number): string {
  return text.length > maxLength ? `${cutText(text, maxLength)}…` : text;
}

/** Whether `end` lies between the two halves of a character. */
function endsInPair(text: string, end: number): boolean {
  return end > 0 && (text.codePointAt(end - 1) ?? 0) > 0xffff;
}

/** Cuts a text to at most `maxBytes` bytes of UTF-8, between two characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
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
