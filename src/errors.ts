import { GraphQLError } from 'graphql';

/**
 * Every code that a client can find in `extensions.code`, with its HTTP status. A GraphQL result that has data keeps
 * the status 200. `src/http/ERRORS.md` explains each code to clients; a test compares the two.
 */
export const errorStatus = {
  /** The request is not a GraphQL request, or its HTTP is malformed. */
  BAD_REQUEST: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  /** The document exceeds a limit; `extensions.limit` names the setting. */
  QUERY_TOO_COMPLEX: 400,
  /** The document has no operation with the requested name, or has several and the request does not name one. */
  OPERATION_RESOLUTION_FAILURE: 400,
  /** The gateway accepts only the documents on its list, and this document is not on the list. */
  OPERATION_NOT_PERSISTED: 400,
  /** The client sent only the hash of its document, and the gateway does not know it: the client sends the document. */
  PERSISTED_QUERY_NOT_FOUND: 200,
  /** The hash that came with a document is not that of the document. */
  PERSISTED_QUERY_MISMATCH: 400,
  BAD_USER_INPUT: 422,
  /** The token is missing, or the gateway does not know it. */
  UNAUTHENTICATED: 401,
  /** The sender is known but may not do this, or a browser sent it for a page of another origin. */
  FORBIDDEN: 403,
  /** The request would store more than a setting allows; `extensions.limit` names the setting. */
  QUOTA_EXCEEDED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  /** The gateway cannot respond in any format of the `Accept` header. */
  NOT_ACCEPTABLE: 406,
  /** The body of the request came too slowly, or stopped coming. */
  REQUEST_TIMEOUT: 408,
  /** The request contradicts the stored state: an id is taken, or an earlier part is missing. */
  CONFLICT: 409,
  /** The session already has a live run. `extensions.runId` names the run. */
  RUN_IN_PROGRESS: 409,
  /** The request id was used before for another prompt. */
  REQUEST_ID_REUSED: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  /** The `Host` header names a host that is not this gateway. */
  MISDIRECTED_REQUEST: 421,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  /** The gateway is overloaded and accepts no new runs; live runs continue. */
  OVERLOADED: 503,
  /** The server that holds the keys for JWTs does not respond. */
  IDENTITY_UNAVAILABLE: 503,
  /** No model could be chosen, because the provider does not respond. No prompt was sent. */
  MODEL_UNAVAILABLE: 503,
  /** The gateway is shutting down and accepts no new runs. */
  SHUTTING_DOWN: 503,
  /** The disk is full. The gateway stored nothing of the request; a cancelled run has stopped all the same. */
  INSUFFICIENT_STORAGE: 507,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/**
 * The codes of temporary failures: the same request may succeed later. Clients that retry have a copy of this list,
 * because they must not import the server.
 */
export const passingCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'REQUEST_TIMEOUT',
  'RATE_LIMITED',
  'INTERNAL_SERVER_ERROR',
  'OVERLOADED',
  'IDENTITY_UNAVAILABLE',
  'MODEL_UNAVAILABLE',
  'SHUTTING_DOWN',
  'INSUFFICIENT_STORAGE',
]);

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorStatus, code);
}

/** An error whose message may be shown to the client. All other errors are logged and hidden. */
export class GatewayError extends GraphQLError {
  readonly code: ErrorCode;

  /**
   * @param message A sentence that says what was wrong and what was expected.
   * @param extensions Further facts for programs. `field` is the path of the wrong argument (`input.prompt`).
   */
  constructor(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}) {
    // The `name` stays "GraphQLError", because libraries decide by it whether to hide and log an error.
    super(message, { extensions: { code, ...extensions } });
    this.code = code;
  }
}

/**
 * The error that refuses a whole HTTP request, with the status of its code and these headers. Yoga reads both from `http`
 * in the extensions and does not show `http` to clients.
 */
export function refusal(
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
  extensions: Record<string, unknown> = {},
): GatewayError {
  return new GatewayError(code, message, { ...extensions, http: { status: errorStatus[code], headers } });
}

export interface Retry {
  /** The name of the setting whose limit was reached. Left out where no setting decides. */
  limit?: string;
  /** Seconds after which the client may try again. */
  retryAfter: number;
}

/**
 * The error that refuses a request which may succeed later. The seconds to wait are in the header `Retry-After`, and in
 * `extensions.retryAfter` for clients that see no header.
 */
export function tryAgain(code: 'OVERLOADED' | 'RATE_LIMITED', message: string, retry: Retry): GatewayError {
  return refusal(code, message, { 'Retry-After': String(retry.retryAfter) }, { ...retry });
}

export function sessionNotFound(sessionId: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no session ${sessionId}.`);
}
