import type { Logger } from 'pino';

/** The most names in one line of the log. */
const longestList = 20;

/** Tells the operator, once for a request, which fields of its body were ignored, in case a client misspells one. */
export function logIgnored(log: Logger, fields: readonly string[]): void {
  if (fields.length === 0) return;
  log.debug({ fields: fields.slice(0, longestList) }, 'Unknown fields of a request were ignored.');
}

/**
 * Lists the fields of a JSON value that validation dropped because the schema does not know them, as FastAPI does. A field
 * within another is written `config.colour`.
 *
 * @param sent The value as the client sent it.
 * @param parsed The same value after validation.
 */
export function ignoredFields(sent: unknown, parsed: unknown): string[] {
  if (!isObject(sent) || !isObject(parsed)) return [];
  return Object.keys(sent).flatMap((name) =>
    Object.hasOwn(parsed, name)
      ? ignoredFields(sent[name], parsed[name]).map((inner) => `${name}.${inner}`)
      : [name],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
