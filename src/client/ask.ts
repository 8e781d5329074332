import { type ErrorLike, gatewayErrorOf, unreachable } from './errors.ts';
import { type Endpoint, failureOf, type Operation, request } from './request.ts';

/**
 * Sends a query or a mutation once, and resolves with its data.
 *
 * @param timeoutMs How long the whole response may take, in milliseconds.
 * @throws GatewayError for every failure, a lost connection and a late response included.
 * @throws the reason of `signal` once that aborts.
 */
export async function ask<D>(
  endpoint: Endpoint,
  operation: Operation,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<D> {
  try {
    const response = await request(endpoint, {
      headers: { accept: 'application/json' },
      body: operation,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return dataOf((await response.json()) as Result<D>);
  } catch (error) {
    throw failureOf(error, signal);
  }
}

/** A result of an operation, as the gateway sends it. */
export interface Result<D = unknown> {
  data?: D | null | undefined;
  errors?: readonly ErrorLike[] | undefined;
}

/** @throws GatewayError for a result that has errors or no data. */
export function dataOf<D>({ data, errors = [] }: Result<D>): D {
  if (errors.length > 0) throw gatewayErrorOf(errors);
  if (data === null || data === undefined) throw unreachable(new Error('The result has no data.'));
  return data;
}
