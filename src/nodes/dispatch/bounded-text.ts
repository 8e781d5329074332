/** What a cut text keeps of its bytes, besides the sentence that states the cut. */
const noticeBytes = 64;

/**
 * A text of at most `maxBytes` of UTF-8: one that is longer keeps its head and its tail, with the cut stated
 * between them.
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

/** The head of a text, of at most `maxBytes` of UTF-8 and without half a character at its end. */
export function headOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxBytes ? text : bytes.toString('utf8', 0, lastStart(bytes, maxBytes));
}

/** The last place not after this one at which a character begins. */
function lastStart(bytes: Buffer, place: number): number {
  let start = place;
  while (start > 0 && isContinuation(bytes[start])) start -= 1;
  return start;
}

function nextStart(bytes: Buffer, place: number): number {
  let start = place;
  while (isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}
