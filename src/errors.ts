import { GraphQLError } from 'graphql';

/**
 * Every code that a client can find in `extensions.code`, with its HTTP status and what it means to clients. A GraphQL
 * result that has data keeps the status 200. The schema's enum `ErrorCode` has the same texts, and so has
 * `src/http/ERRORS.md`: a test compares them.
 */
const errorTable = {
  BAD_REQUEST: {
    status: 400,
    meaning:
      'The request is not a GraphQL request, its JSON or its HTTP is malformed, or its path has a dot segment, an encoded slash or NUL. Headers that are too long get the status 431, and an unknown `Expect` 417.',
  },
  GRAPHQL_PARSE_FAILED: {
    status: 400,
    meaning: 'The document is not valid GraphQL syntax.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    meaning: 'The document does not fit the schema.',
  },
  QUERY_TOO_COMPLEX: {
    status: 400,
    meaning:
      'The document exceeds the limit that `extensions.limit` names, for example `MAX_QUERY_TOKENS`. When the result exceeds `MAX_RESPONSE_BYTES` or `MAX_QUERY_COST` while it is executed, there is no `data` either, but `/graphql` answers with status 200 to clients that accept `application/json`, because the execution had begun. REST fetches smaller pages then, and answers 400 if a single item is too large.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    status: 400,
    meaning: 'The document has no operation of the given name, or has several and the request names none.',
  },
  OPERATION_NOT_PERSISTED: {
    status: 400,
    meaning: 'The document is not on the list `PERSISTED_OPERATIONS`.',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    status: 200,
    meaning:
      'The request has the hash of a document and not the document, and the gateway does not know it, or has forgotten it. Clients with automatic persisted queries send the document with its hash then. The status is 200, because many of them look at no body of another status.',
  },
  PERSISTED_QUERY_MISMATCH: {
    status: 400,
    meaning: 'The hash in `extensions.persistedQuery.sha256Hash` is not the SHA-256 of the document.',
  },
  BAD_USER_INPUT: {
    status: 422,
    meaning: 'An argument has a wrong value.',
  },
  UNAUTHENTICATED: {
    status: 401,
    meaning:
      'The token or the stream ticket is missing, unknown, expired or revoked; the message says which.',
  },
  FORBIDDEN: {
    status: 403,
    meaning:
      'This user, or users or nodes in general, may not do that; or the request comes from a web page of another origin.',
  },
  QUOTA_EXCEEDED: {
    status: 403,
    meaning:
      'The user or the session has stored as much as the setting allows that `extensions.limit` names: `MAX_SESSIONS_PER_USER`, `MAX_MESSAGES_PER_SESSION`, `MAX_NODES_PER_USER`, `MAX_STORED_BYTES_PER_USER`; or, with `MIN_FREE_DISK_BYTES`, the disk is nearly full and the user has stored more than their share. Nothing of the request was stored. Deleting something makes room.',
  },
  NOT_FOUND: {
    status: 404,
    meaning: 'Nothing has that id, or it belongs to another user.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    meaning: 'The header `Allow` lists the methods that work. Mutations and `chat` need POST.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    meaning:
      'The gateway has no response of a type that `Accept` allows. Subscriptions are answered with `text/event-stream`.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    meaning: 'The body came too slowly, or stopped for `BODY_TIMEOUT_MS`.',
  },
  CONFLICT: {
    status: 409,
    meaning: `The event stream or its operation id is in use, the node is registered, the session has another user's node with the same name, a piece of output is missing, the tool call was decided otherwise, or the attachment to delete was sent.`,
  },
  RUN_IN_PROGRESS: {
    status: 409,
    meaning: 'The session is answering another prompt; `extensions.runId` names the run.',
  },
  REQUEST_ID_REUSED: {
    status: 409,
    meaning:
      'The `requestId` was used for another prompt, or for the same with other attachments or another `editOf`, `answerTo` or `replyTo`.',
  },
  HEAD_MOVED: {
    status: 409,
    meaning:
      'The newest message of the branch is not `expectedHead`: somebody else has spoken, or shows another branch. `extensions.head` is its `id`, or null if the session has no messages.',
  },
  REVISION_EXPIRED: {
    status: 410,
    meaning:
      'For agents: the gateway has forgotten which files were deleted so long ago. Compare the folders instead.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    meaning:
      'More than `MAX_PROMPT_BYTES`, `MAX_BODY_BYTES` or `MAX_AUDIO_BYTES`, a JSON body with more than 20,000 objects, lists and fields, or an attachment with more than `MAX_ATTACHMENT_BYTES`, `MAX_TEXT_ATTACHMENT_BYTES` or `MAX_IMAGE_PIXELS`, or together with the others of its prompt more than `MAX_SENT_ATTACHMENT_BYTES`.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    meaning:
      'The body must be `application/json`; a recording must be audio, and an attachment an image, a PDF, a text or audio that is not broken.',
  },
  MISDIRECTED_REQUEST: {
    status: 421,
    meaning: 'The header `Host` names a host that is not this gateway: see `ALLOWED_HOSTS`.',
  },
  RATE_LIMITED: {
    status: 429,
    meaning:
      'A session, stream, user, node or address exceeds the setting that `extensions.limit` names. For `MAX_REQUESTS_PER_MINUTE`, a document counts as one request more for each 1,000 of its cost. `extensions.retryAfter` (header `Retry-After`) says after how many seconds to try again, if that is known.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    meaning: 'A fault of the gateway. Its log has the details.',
  },
  OVERLOADED: {
    status: 503,
    meaning:
      'The gateway is busy to its limit (`extensions.limit`), or its database is busy (no `extensions.limit`). Try again after `extensions.retryAfter` seconds, which is also the header `Retry-After`.',
  },
  IDENTITY_UNAVAILABLE: {
    status: 503,
    meaning: 'The keys at `JWT_JWKS_URL` cannot be fetched. API tokens still work.',
  },
  MODEL_UNAVAILABLE: {
    status: 503,
    meaning: 'The model server did not say which models it has. Nothing was sent.',
  },
  SHUTTING_DOWN: {
    status: 503,
    meaning: 'The gateway is stopping and takes no new prompts.',
  },
  INSUFFICIENT_STORAGE: {
    status: 507,
    meaning:
      'The disk of the gateway is full. Nothing of the request was stored. A run that was to be cancelled has stopped all the same, and its end is saved as soon as the disk has room.',
  },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** The HTTP status of each code. */
export const errorStatus = columnOf('status');

/** What each code means to clients, in Markdown. */
export const errorMeaning: Readonly<Record<ErrorCode, string>> = columnOf('meaning');

function columnOf<Column extends 'status' | 'meaning'>(column: Column) {
  const entries = Object.entries(errorTable).map(([code, row]) => [code, row[column]]);
  return Object.fromEntries(entries) as { [Code in ErrorCode]: (typeof errorTable)[Code][Column] };
}

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

export function messageNotFound(messageId: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no message ${messageId}.`);
}
