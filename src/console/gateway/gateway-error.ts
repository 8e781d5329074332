/** What the gateway says when it does not do what it was asked for, in words for people. */
export class GatewayError extends Error {
  /** As in `extensions.code`; UNREACHABLE where there was no answer. */
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
  }

  get isUnauthenticated(): boolean {
    return this.code === 'UNAUTHENTICATED';
  }

  /** Whether the same may well succeed in a moment. */
  get isPassing(): boolean {
    return passing.has(this.code);
  }
}

const passing = new Set([
  'UNREACHABLE',
  'RATE_LIMITED',
  'OVERLOADED',
  'SHUTTING_DOWN',
  'IDENTITY_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
]);

/** The errors of a GraphQL result. */
export interface ErrorLike {
  readonly message: string;
  readonly extensions?: { readonly [name: string]: unknown };
}

export function gatewayErrorOf(errors: readonly ErrorLike[]): GatewayError {
  const [first] = errors;
  const code = first?.extensions?.['code'];
  return new GatewayError(
    first?.message ?? 'The gateway did not say why.',
    typeof code === 'string' ? code : '',
  );
}

/** Of an answer that is no result: the gateway's refusal, or whatever stands in front of it. */
export async function gatewayErrorOfResponse(response: Response): Promise<GatewayError> {
  const body: unknown = await response.json().catch(() => undefined);
  const { errors, detail } = (body ?? {}) as { errors?: ErrorLike[]; detail?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return gatewayErrorOf(errors);
  const message =
    typeof detail === 'string' ? detail : `The answer was ${response.status} ${response.statusText}.`;
  return new GatewayError(message, response.status === 401 ? 'UNAUTHENTICATED' : 'UNREACHABLE');
}

export function unreachable(cause: unknown): GatewayError {
  return new GatewayError('The gateway cannot be reached.', 'UNREACHABLE', { cause });
}

/** What to show of anything that was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
