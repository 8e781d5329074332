/** Whether a JSON value has at most this many levels of values within values. It goes no deeper than that. */
export function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isWithin(each, levels - 1));
}

/** Whether the JSON of a value takes at most this many bytes. Check the depth before: a deep value overflows the stack. */
export function isSmall(value: unknown, bytes: number): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= bytes;
}

/**
 * Whether all numbers of a JSON value are finite. A number beyond 1.8e308 is read as Infinity, which JSON writes as null. Check
 * the depth before.
 */
export function isFiniteJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isFiniteJson);
}
