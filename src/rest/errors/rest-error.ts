import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** One thing wrong with a request, in the shape FastAPI and pydantic v2 give it. */
export interface ValidationError {
  /** pydantic's name of the fault, such as `missing` or `string_type`. */
  type: string;
  /** Where it is: `path`, `query`, `header` or `body`, then the way to the value. */
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
}

/** Ends a request with `{"detail": …}` and a status. */
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
