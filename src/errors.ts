import { GraphQLError } from 'graphql';

/** Every code a client can meet in `extensions.code`, with the HTTP status the REST shim answers for it. */
export const errorStatus = {
  /** Not a GraphQL request at all. */
  BAD_REQUEST: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  /** The document exceeds a limit; `extensions.limit` names it. */
  QUERY_TOO_COMPLEX: 400,
  /** The document has no operation of that name, or several and none was named. */
  OPERATION_RESOLUTION_FAILURE: 400,
  /** The gateway takes only the documents on its list, and this is none of them. */
  OPERATION_NOT_PERSISTED: 400,
  BAD_USER_INPUT: 422,
  /** Nobody is known by the token, or there is none. */
  UNAUTHENTICATED: 401,
  /** Whoever asks is known, and may not. */
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  /** The client takes nothing that the gateway could answer with. */
  NOT_ACCEPTABLE: 406,
  /** Nothing more came of the request's body. */
  REQUEST_TIMEOUT: 408,
  /** What is asked for does not go with what is there: an id is taken, a piece is missing. */
  CONFLICT: 409,
  /** The session is already answering a prompt. `extensions.runId` names the run. */
  RUN_IN_PROGRESS: 409,
  /** The request id was used before, for another prompt. */
  REQUEST_ID_REUSED: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  /** The gateway has as much to do as it can, and takes no new runs; those at work go on. */
  OVERLOADED: 503,
  /** The server with the keys of JWTs does not answer. */
  IDENTITY_UNAVAILABLE: 503,
  /** The model cannot be asked which one to take; nothing was sent. */
  MODEL_UNAVAILABLE: 503,
  /** The gateway is shutting down and takes no new runs. */
  SHUTTING_DOWN: 503,
  /** No room left to store what was sent; nothing of it was kept. */
  INSUFFICIENT_STORAGE: 507,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** An error meant for the client. Whatever is thrown and is no GraphQLError is logged and masked. */
export class GatewayError extends GraphQLError {
  /**
   * @param message What was wrong and what was expected, in a sentence.
   * @param extensions Further machine-readable facts, among them `field`: the argument at fault, as a
   *   dotted path (`input.prompt`).
   */
  constructor(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}) {
    // It keeps its name, GraphQLError: libraries ask for that to tell it from what has to be hidden and logged.
    super(message, { extensions: { code, ...extensions } });
  }
}

export interface Retry {
  /** The setting that was reached. */
  limit: string;
  /** Seconds. */
  retryAfter: number;
}

/** Refuses what will do later: with `Retry-After` and its status where HTTP can tell, else in the extensions. */
export function tryAgain(code: 'OVERLOADED' | 'RATE_LIMITED', message: string, retry: Retry): GatewayError {
  const headers = { 'Retry-After': String(retry.retryAfter) };
  return new GatewayError(code, message, { ...retry, http: { status: errorStatus[code], headers } });
}

export function sessionNotFound(sessionId: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no session ${sessionId}.`);
}
