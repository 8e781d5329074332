import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** One error in the input of a request, in the shape of FastAPI and pydantic v2. */
export interface ValidationError {
  /** pydantic's name of the error, such as `missing` or `string_type`. */
  type: string;
  /** The part of the request (`path`, `query`, `header` or `body`), then the keys that lead to the value. */
  loc: (string | number)[];
  msg: string;
  /** The value that was received. */
  input: unknown;
  /** The values in `msg`, such as a limit. */
  ctx?: Record<string, unknown>;
}

/** Ends a request with a status and the body `{"detail": …}`. */
export class RestError extends Error {
  readonly status: ContentfulStatusCode;
  readonly detail: string | ValidationError[];
  readonly headers: Record<string, string>;

  constructor(
    status: ContentfulStatusCode,
    detail: string | ValidationError[],
    headers: Record<string, string> = {},
  ) {
    super(typeof detail === 'string' ? detail : detail.map((error) => error.msg).join('; '));
    this.name = 'RestError';
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}
