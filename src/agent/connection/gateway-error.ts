import type { ExecutionResult } from 'graphql';

/** The gateway said no. The message is its own. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  /** GraphQL's `extensions.code`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was asked has no answer: the gateway was not reached, or cannot answer now. It may be asked again. */
export class GatewayUnreachable extends Error {
  override readonly name = 'GatewayUnreachable';
}

const passing = [
  'INTERNAL_SERVER_ERROR',
  'SHUTTING_DOWN',
  'OVERLOADED',
  'RATE_LIMITED',
  'INSUFFICIENT_STORAGE',
];

/** @throws GatewayRefusal or GatewayUnreachable for a result without data. */
export function dataOf<D>({ data, errors = [] }: Pick<ExecutionResult<D>, 'data' | 'errors'>): D {
  const [error] = errors;
  if (error !== undefined) {
    const code = String(error.extensions?.['code']);
    throw passing.includes(code)
      ? new GatewayUnreachable(error.message)
      : new GatewayRefusal(code, error.message);
  }
  if (data === null || data === undefined) throw new GatewayUnreachable('The answer has no data in it.');
  return data;
}

/** What an answer that is no success stands for; its body is read where it is a GraphQL result. */
export async function errorOf(response: Response): Promise<Error> {
  const body = (await response.json().catch(() => ({}))) as Pick<ExecutionResult, 'errors'>;
  try {
    dataOf({ errors: body.errors ?? [] });
  } catch (error) {
    if (error instanceof GatewayRefusal) return error;
  }
  const said = `The gateway answered ${response.status} ${response.statusText}`.trim();
  if (response.status === 401 || response.status === 403)
    return new GatewayRefusal('UNAUTHENTICATED', `${said}.`);
  return new GatewayUnreachable(`${said}.`);
}

/** The innermost reason of an error, which is the one that tells something: `connect ECONNREFUSED …`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
