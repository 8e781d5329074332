/** The end of a body in chunks. */
export const lastChunk = '0\r\n\r\n';

/** Larger texts are not kept. */
const longestKept = 65_536;
let newest = { text: '', chunk: '' };

/**
 * Writes a text as a chunk of HTTP's `Transfer-Encoding: chunked`: its length in bytes, the text and a line break. Keeps
 * the newest one, because the followers of a run get the same text one after the other.
 */
export function toChunk(text: string): string {
  if (text === newest.text) return newest.chunk;
  const chunk = `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  if (text.length <= longestKept) newest = { text, chunk };
  return chunk;
}
