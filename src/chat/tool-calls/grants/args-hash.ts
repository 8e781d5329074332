import { createHash } from 'node:crypto';

/** The hash of a grant for any arguments. */
export const anyArgs = '';

/**
 * The hash of the arguments of a call: the same for the same arguments, in whatever order their fields are written.
 *
 * @param args At most some hundred levels deep, as `parseArgs` sees to.
 */
export function argsHash(args: unknown): string {
  return createHash('sha256').update(canonicalJson(args)).digest('hex');
}

/** JSON with the fields of each object in one order. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}
