import type { z } from 'zod';
import { type ApiError, badParameter } from './api-error.ts';

/** The error for the first thing that is wrong with a body. */
export function zodError({ issues }: z.ZodError): ApiError {
  const [issue] = issues;
  const path = parameterName(issue?.path ?? []);
  if (issue === undefined || path === '')
    return badParameter('body', 'expected a JSON object.', 'invalid_type');
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return badParameter(path, 'this parameter is required.', 'missing_required_parameter');
  }
  const code = issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value';
  return badParameter(path, `${issue.message}.`, code);
}

/** `['messages', 0, 'role']` as `messages[0].role`. */
function parameterName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
