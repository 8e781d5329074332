/**
 * The largest count of tokens that is believed, of one request. No model takes or writes as many; a server that reports
 * more does not count.
 */
const largestCount = 2_147_483_647;

/** The value as a count: a number, or its digits in a string. Undefined where it is no count that can be believed. */
export function countOf(value: unknown): number | undefined {
  const isDigits = typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value);
  const count = Math.trunc(isDigits ? Number(value) : typeof value === 'number' ? value : Number.NaN);
  return count >= 0 && count <= largestCount ? count : undefined;
}
