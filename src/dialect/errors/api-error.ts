import { type OpenAiFailure, openAiFailure } from '../../base/openai-failure.ts';

interface ApiErrorParts {
  /** What has failed, in OpenAI's words: `model_not_found`. */
  code?: string | null;
  /** The parameter of the request that is at fault: `messages[0].content`. */
  param?: string | null;
  headers?: Record<string, string>;
}

/** Ends a request with a status and the body `{"error": …}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: OpenAiFailure;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, { code, param, headers = {} }: ApiErrorParts = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.body = openAiFailure(status, message, { code: code ?? null, param: param ?? null });
    this.headers = headers;
  }
}

/** The error for a parameter with a wrong value. */
export function badParameter(param: string, problem: string, code = 'invalid_value'): ApiError {
  return new ApiError(400, `Invalid '${param}': ${problem}`, { param, code });
}

/** The error for a parameter that OpenAI has and this gateway cannot honour. */
export function unsupported(param: string, problem: string): ApiError {
  return new ApiError(400, `Unsupported parameter: '${param}'. ${problem}`, {
    param,
    code: 'unsupported_parameter',
  });
}
