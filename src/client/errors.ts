import type { ErrorCode, RunEventPartsFragment, RunFailureCode } from '../gql/client/graphql.ts';

export interface GatewayErrorOptions extends ErrorOptions {
  /** The HTTP status of a response of the gateway or a proxy that is no success. */
  status?: number | undefined;
  /** How long the gateway asks to wait, in milliseconds: its `Retry-After` header, or `extensions.retryAfter`. */
  retryAfterMs?: number | undefined;
  /** GraphQL's `extensions` of the error. */
  extensions?: Extensions | undefined;
}

type Extensions = { readonly [name: string]: unknown };

/**
 * GraphQL's `extensions.code`, or UNREACHABLE where no GraphQL result came. A newer gateway may send others. The
 * gateway's page of errors says what each of them means.
 */
export type AnyErrorCode = ErrorCode | RunFailureCode | 'UNREACHABLE' | (string & {});

/** A failed request. The message is the gateway's own where it sent one. */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError';
  /** Empty where the error of the gateway has no code. */
  readonly code: AnyErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** GraphQL's `extensions`, which name the field or the limit, for example. Empty where the error has no extensions. */
  readonly extensions: Extensions;

  constructor(message: string, code: AnyErrorCode, options: GatewayErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.extensions = options.extensions ?? {};
  }

  get isUnauthenticated(): boolean {
    return this.code === 'UNAUTHENTICATED';
  }

  /** Whether the same request may succeed later. Every other error is final: the same request fails again. */
  get isPassing(): boolean {
    return passingCodes.has(this.code);
  }
}

/** No response came, or no response of the gateway: the network, the gateway or a proxy failed. Passing. */
export class UnreachableError extends GatewayError {
  override readonly name = 'UnreachableError';
}

/** The token is missing, unknown, expired or revoked. */
export class UnauthenticatedError extends GatewayError {
  override readonly name = 'UnauthenticatedError';
}

/** The gateway wants fewer requests, or has no room for this one now. `retryAfterMs` says when to ask again. Passing. */
export class BusyError extends GatewayError {
  override readonly name = 'BusyError';
}

/** The answer of the model failed. The message is its reason, and `code` is that of the run. */
export class RunFailedError extends GatewayError {
  override readonly name = 'RunFailedError';
  /** The last run event, with the text that was written until then. */
  readonly event: RunFailed;

  constructor(event: RunFailed) {
    const retryAfterMs =
      event.retryAt == null ? undefined : Math.max(0, Date.parse(event.retryAt) - Date.now());
    super(event.reason, event.code, { retryAfterMs });
    this.event = event;
  }
}

type RunFailed = Extract<RunEventPartsFragment, { __typename: 'RunFailed' }>;

function classOf(code: AnyErrorCode): typeof GatewayError {
  if (code === 'UNREACHABLE') return UnreachableError;
  if (code === 'UNAUTHENTICATED') return UnauthenticatedError;
  return code === 'RATE_LIMITED' || code === 'OVERLOADED' ? BusyError : GatewayError;
}

/** Why a run failed, where the same prompt may succeed later. */
const passingRunCodes: readonly RunFailureCode[] = [
  'INTERRUPTED',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_UNREACHABLE',
  'PROVIDER_STREAM_CUT',
  'PROVIDER_TIMEOUT',
];

/** A copy of `passingCodes` in `src/errors.ts`, which this kit must not import; a test compares them. */
const passingCodes: ReadonlySet<AnyErrorCode> = new Set([
  ...passingRunCodes,
  'UNREACHABLE',
  'REQUEST_TIMEOUT',
  'RATE_LIMITED',
  'INTERNAL_SERVER_ERROR',
  'OVERLOADED',
  'IDENTITY_UNAVAILABLE',
  'MODEL_UNAVAILABLE',
  'SHUTTING_DOWN',
  'INSUFFICIENT_STORAGE',
]);

/** An error of a GraphQL result, as far as this kit reads it. */
export interface ErrorLike {
  readonly message: string;
  readonly extensions?: Extensions;
}

/** The error to throw for the errors of a GraphQL result. It is made of the first one. */
export function gatewayErrorOf(errors: readonly ErrorLike[], options?: GatewayErrorOptions): GatewayError {
  const [first] = errors;
  const { extensions = {}, message = 'The gateway did not say why.' } = first ?? {};
  const { code, retryAfter } = extensions;
  const retryAfterMs = typeof retryAfter === 'number' ? retryAfter * 1_000 : undefined;
  const known = typeof code === 'string' ? code : '';
  return new (classOf(known))(message, known, {
    ...options,
    retryAfterMs: options?.retryAfterMs ?? retryAfterMs,
    extensions,
  });
}

/** The error to throw for an HTTP response that is no success. Reads the body of the response. */
export async function gatewayErrorOfResponse(response: Response): Promise<GatewayError> {
  const { status, statusText, headers } = response;
  const options = { status, retryAfterMs: retryAfterOf(headers) };
  const body: unknown = await response.json().catch(() => undefined);
  const { errors, detail } = (body ?? {}) as { errors?: ErrorLike[]; detail?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return gatewayErrorOf(errors, options);
  const said = `The gateway answered ${status} ${statusText}`.trim();
  const code = codeOf(status);
  return new (classOf(code))(typeof detail === 'string' ? detail : `${said}.`, code, options);
}

/** The code for a response without a GraphQL error. A proxy may send any status; only those about access are final. */
function codeOf(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED';
  return status === 403 ? 'FORBIDDEN' : 'UNREACHABLE';
}

/** The gateway sends seconds. The header's other form, a date, is ignored. */
function retryAfterOf(headers: Headers): number | undefined {
  const header = headers.get('retry-after') ?? '';
  return /^\d+$/.test(header) ? Number(header) * 1_000 : undefined;
}

/** The error to throw for a request that got no response. */
export function unreachable(cause: unknown, message = 'The gateway cannot be reached.'): GatewayError {
  return new UnreachableError(message, 'UNREACHABLE', { cause });
}
