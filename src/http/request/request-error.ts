import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';

/** What can be wrong with a request before there is an operation to report it on, with its HTTP status. */
const requestStatus = {
  BAD_REQUEST: 400,
  OPERATION_NOT_PERSISTED: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BAD_USER_INPUT: 422,
  SHUTTING_DOWN: 503,
} as const;

/** A request that is refused before its operation starts: answered with a status and GraphQL-shaped JSON. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: keyof typeof requestStatus;
  readonly headers: Record<string, string>;

  /** @param message For the client, a sentence. */
  constructor(code: keyof typeof requestStatus, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'RequestError';
    this.status = requestStatus[code];
    this.code = code;
    this.headers = headers;
  }
}

/** Answers `{"errors": […]}`, unless the client has left or an answer has begun. */
export function sendErrors(
  response: ServerResponse,
  status: number,
  errors: readonly GraphQLFormattedError[],
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(JSON.stringify({ errors }));
}
