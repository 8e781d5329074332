import { characterStart, cutToBytes } from '../../base/cut-text.ts';

/** Bytes that are reserved for the line that states how much was cut. */
const noticeBytes = 64;

/**
 * Cuts a text to at most `maxBytes` bytes of UTF-8. A longer text keeps its head and its tail, and a line between
 * them states how much was cut.
 */
export function boundText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const half = Math.max(0, Math.floor((maxBytes - noticeBytes) / 2));
  const head = cutToBytes(text, half);
  const tail = bytes.subarray(characterStart(bytes, bytes.length - half));
  const cut = bytes.length - Buffer.byteLength(head) - tail.length;
  return `${head}\n[… ${cut} bytes cut …]\n${tail}`;
}
