/** Cuts a text to at most `maxBytes` bytes of UTF-8, between two characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** Makes a text of a client or an agent safe for a line of the log: cuts it after `maxLength` UTF-16 code units. */
export function textForLog(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return escapeControls(cut);
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
