import { openAiCode } from '../../base/openai-failure.ts';
import { ApiError } from '../errors/api-error.ts';
import type { LastEvent } from './last-event.ts';

/** The status with which a run that failed is answered, where nothing has been sent yet. The others have 502. */
const statuses: Partial<Record<Extract<LastEvent, { __typename: 'RunFailed' }>['code'], number>> = {
  CONTEXT_TOO_LONG: 400,
  PROVIDER_REJECTED: 400,
  PROVIDER_RATE_LIMITED: 429,
  PROVIDER_TIMEOUT: 504,
  STEP_LIMIT: 500,
  OVERLOADED: 503,
  INTERRUPTED: 503,
  INTERNAL: 500,
};

/** Why a run has no whole answer. */
export function failureOf(last: Exclude<LastEvent, { __typename: 'RunCompleted' }>): ApiError {
  if (last.__typename === 'RunCancelled') {
    // 400: a client repeats requests with 409 by itself, and somebody has stopped this answer.
    return new ApiError(400, 'The run was cancelled before the answer was finished.', {
      code: 'run_cancelled',
    });
  }
  const { code, reason, retryAt } = last;
  const seconds = retryAt ? Math.max(1, Math.ceil((Date.parse(retryAt) - Date.now()) / 1_000)) : undefined;
  const headers = seconds === undefined ? {} : { 'Retry-After': String(seconds) };
  return new ApiError(statuses[code] ?? 502, reason, { code: openAiCode(code), headers });
}
