/** The first offset, at `offset` or after it, at which a UTF-8 character begins; or the end of the bytes. */
export function characterStart(bytes: Buffer, offset: number): number {
  let start = Math.min(offset, bytes.length);
  // A character has at most three continuation bytes. Bytes that are not UTF-8 may have any number of them.
  const last = Math.min(start + 3, bytes.length);
  while (start < last && isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}
