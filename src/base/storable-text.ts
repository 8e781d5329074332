/** Half surrogate pairs and NUL. UTF-8 has no halves, and PostgreSQL stores no NUL. */
const unstorable = /[\p{Surrogate}\0]/gu;

/**
 * Replaces characters that cannot be stored by U+FFFD, one for one, so that offsets in the stream, the log and the
 * database agree.
 */
export function storable(text: string): string {
  return text.replace(unstorable, '\uFFFD');
}

/** The JSON value with storable texts and field names. Values of more than 1,000 levels overflow the stack. */
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [storable(name), storableJson(field)]),
  );
}
