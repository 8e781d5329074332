import {
  type ErrorLike,
  GatewayError,
  gatewayErrorOf,
  gatewayErrorOfResponse,
  unreachable,
} from './errors.ts';

export interface AskOptions {
  /** Of the GraphQL endpoint: `http://localhost:8000/graphql`, or a path on a page of the gateway's own. */
  url: string;
  /** Added to the request: `authorization`, for example. */
  headers: Record<string, string>;
  query: string;
  variables: unknown;
  /** Default: 30 seconds. */
  timeoutMs?: number | undefined;
  /** Aborts to give up. */
  signal?: AbortSignal | undefined;
}

/**
 * Sends a query or a mutation once, and resolves with its data.
 *
 * @throws GatewayError for every failure, a lost connection and an aborted request included.
 */
export async function ask<D>(options: AskOptions): Promise<D> {
  const { url, headers, query, variables, timeoutMs = 30_000, signal } = options;
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: signal ? AbortSignal.any([late, signal]) : late,
    });
    if (!response.ok) throw await gatewayErrorOfResponse(response);
    return dataOf((await response.json()) as ResultLike<D>);
  } catch (error) {
    throw error instanceof GatewayError ? error : unreachable(error);
  }
}

interface ResultLike<D> {
  data?: D | null | undefined;
  errors?: readonly ErrorLike[] | undefined;
}

/** @throws GatewayError for a result that has errors or no data. */
export function dataOf<D>({ data, errors = [] }: ResultLike<D>): D {
  if (errors.length > 0) throw gatewayErrorOf(errors);
  if (data === null || data === undefined) throw unreachable(new Error('The result has no data.'));
  return data;
}
