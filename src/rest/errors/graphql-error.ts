import type { GraphQLFormattedError } from 'graphql';
import { errorStatus, isErrorCode } from '../../errors.ts';
import { RestError } from './rest-error.ts';
import { restMessage, snakeCase } from './rest-message.ts';
import { type RawInput, valueAt } from './validation-error.ts';

/** The fields that REST reads of a GraphQL error. */
type Failure = Pick<GraphQLFormattedError, 'message' | 'extensions'>;

/**
 * Translates the first error of a GraphQL result into the REST error that the client gets.
 *
 * @param errors Must be masked: their messages are sent to the client.
 * @param input The raw input of the request; `loc` and `input` of a validation error come from it.
 */
export function restError(errors: readonly Failure[], input: RawInput): RestError {
  const [error] = errors;
  const code = error?.extensions?.['code'];
  if (error === undefined || !isErrorCode(code)) {
    return new RestError(500, 'Internal Server Error');
  }
  if (errorStatus[code] !== 422) {
    const seconds = error.extensions?.['retryAfter'];
    const headers = seconds === undefined ? {} : { 'Retry-After': String(seconds) };
    return new RestError(errorStatus[code], restMessage(error.message), headers);
  }
  const field = error.extensions?.['field'];
  const { loc, value } = locate(field, input);
  const msg = field === 'after' ? cursorMessage(error.message) : restMessage(error.message);
  return new RestError(422, [{ type: 'value_error', loc, msg, input: value }]);
}

/** Finds the part of the request that became the GraphQL argument `field`. */
function locate(field: unknown, input: RawInput) {
  const argument = typeof field === 'string' ? field.replace(/^input\./, '') : '';
  const names = argument.split('.').filter(Boolean).map(restName);
  if (argument === 'after') {
    const header = valueAt(input.header, ['Last-Event-ID']);
    if (header !== undefined) return { loc: ['header', 'last-event-id'], value: header };
    const [name, value] = resumeParameter(input.query);
    if (name !== undefined) return { loc: ['query', name], value };
  }
  for (const part of ['path', 'query'] as const) {
    const value = valueAt(input[part], names);
    if (names.length > 0 && value !== undefined) {
      return { loc: [part, ...names], value };
    }
  }
  return { loc: ['body', ...names], value: valueAt(input.body, names) ?? null };
}

/** REST has the cursor behind the colon of `Last-Event-ID`. */
function cursorMessage(message: string): string {
  return message.replace(/^after\b/, 'The number behind the colon');
}

/** The parameter that holds the cursor: the only parameters of the operations that resume are names for it. */
function resumeParameter(query: unknown): [name?: string, value?: unknown] {
  return (
    Object.entries(query ?? {}).find(
      ([name, value]) => /last[-_]?event[-_]?id$/i.test(name) && value !== '',
    ) ?? []
  );
}

/** The REST name of a GraphQL argument or input field. A number is an index in a list. */
function restName(name: string): string | number {
  if (/^\d+$/.test(name)) return Number(name);
  if (name === 'workspace') return 'config';
  return snakeCase(name);
}
