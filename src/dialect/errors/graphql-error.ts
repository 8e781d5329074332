import type { GraphQLFormattedError } from 'graphql';
import { openAiCode } from '../../base/openai-failure.ts';
import { errorStatus, isErrorCode } from '../../errors.ts';
import { ApiError } from './api-error.ts';

/** What the inputs of GraphQL are called in a dialect: `input.settings.temperature` is `temperature`. */
export type ParameterNames = Readonly<Record<string, string>>;

/** The inputs that all dialects name alike. */
const sharedNames: ParameterNames = {
  'input.modelName': 'model',
  'input.providerName': 'model',
  'input.metadata': 'metadata',
  'input.settings.temperature': 'temperature',
  after: 'starting_after',
};

/**
 * Translates the first error of a GraphQL result into the error that the client gets.
 *
 * @param errors Must be masked: their messages are sent to the client.
 */
export function apiError(
  errors: readonly Pick<GraphQLFormattedError, 'message' | 'extensions'>[],
  names: ParameterNames = {},
): ApiError {
  const [error] = errors;
  const code = error?.extensions?.['code'];
  if (error === undefined || !isErrorCode(code)) return new ApiError(500, 'Internal Server Error');
  const status = errorStatus[code] === 422 ? 400 : errorStatus[code];
  const param = parameterOf(error.extensions?.['field'], names);
  const message = plainMessage(error.message, param);
  if (code === 'BAD_USER_INPUT') {
    const isModel = param === 'model';
    return new ApiError(isModel ? 404 : 400, message, {
      param,
      code: isModel ? 'model_not_found' : 'invalid_value',
    });
  }
  return new ApiError(status, message, { param, code: openAiCode(code), headers: headersOf(error) });
}

function headersOf({ extensions }: Pick<GraphQLFormattedError, 'extensions'>): Record<string, string> {
  const seconds = extensions?.['retryAfter'];
  const http = extensions?.['http'] as { headers?: Record<string, string> } | undefined;
  return { ...(seconds !== undefined && { 'Retry-After': String(seconds) }), ...http?.headers };
}

function parameterOf(field: unknown, names: ParameterNames): string | null {
  if (typeof field !== 'string') return null;
  const all = { ...sharedNames, ...names };
  for (let path = field; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.')))) {
    const name = Object.hasOwn(all, path) ? all[path] : undefined;
    if (name !== undefined)
      return path === 'input.tools' ? name + placeWithin(field.slice(path.length)) : name;
  }
  return null;
}

/** `.0.inputSchema` as `[0].parameters`. */
function placeWithin(path: string): string {
  return path.replaceAll(/\.(\d+)/g, '[$1]').replace('.inputSchema', '.parameters');
}

/** Puts the name of the parameter in place of the name of GraphQL's input. */
function plainMessage(message: string, param: string | null): string {
  const [named, problem] = /^(?:input|settings)\.[\w.]+: (.*)$/s.exec(message) ?? [];
  if (named === undefined || problem === undefined) return message;
  return param === null ? problem : `Invalid '${param}': ${problem}`;
}
