/** The first place not before `place` at which a character of UTF-8 begins, or the end. */
export function afterCharacter(bytes: Buffer, place: number): number {
  let start = Math.min(place, bytes.length);
  // No character has more than three such bytes; in what is no UTF-8 there may be any number.
  const last = Math.min(start + 3, bytes.length);
  while (start < last && isContinuation(bytes[start])) start += 1;
  return start;
}

function isContinuation(byte = 0): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}
