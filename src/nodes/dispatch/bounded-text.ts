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
  const head = bytes.subarray(0, lastStart(bytes, half));
  const tail = bytes.subarray(nextStart(bytes, bytes.length - half));
  const cut = bytes.length - head.length - tail.length;
  return `${head}\n[… ${cut} bytes cut …]\n${tail}`;
}

/** Returns the head of a text: at most `maxBytes` bytes of UTF-8, ending with a whole character. */
export function headOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxBytes ? text : bytes.toString('utf8', 0, lastStart(bytes, maxBytes));
}

/** The nearest position at or before this one at which a character begins. */
function lastStart(bytes: Buffer, position: number): number {
  let start = position;
  while (start > 0 && isContinuation(bytes[start])) start -= 1;
  return start;
}

/** The nearest position at or after this one at which a character begins. */
function nextStart(bytes: Buffer, position: number): number {
  let start = position;
  while (isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}
