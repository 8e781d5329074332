import { type ErrorLike, gatewayErrorOf, unreachable } from './errors.ts';
import { LinkedAbort } from './linked-abort.ts';
import { type Endpoint, failureOf, type Operation, request } from './request.ts';
import { toForm } from './to-form.ts';

export interface AskOnceOptions {
  /** How long the whole response may take, in milliseconds. Default: 30,000; no limit where files are sent. */
  timeoutMs?: number | undefined;
  /** Called with the part of the files that has been sent, from 0 to 1. */
  onProgress?: ((part: number) => void) | undefined;
  signal: AbortSignal;
}

/**
 * Sends a query or a mutation once, and resolves with its data. Files among the variables are sent as the GraphQL
 * multipart request specification describes.
 *
 * @throws GatewayError for every failure, a lost connection and a late response included.
 * @throws the reason of `signal` once that aborts.
 */
export async function ask<D>(
  endpoint: Endpoint,
  operation: Operation,
  { timeoutMs, onProgress, signal }: AskOnceOptions,
): Promise<D> {
  const form = toForm(operation);
  const attempt = new LinkedAbort(signal).abortAfter(timeoutMs ?? (form ? Number.POSITIVE_INFINITY : 30_000));
  try {
    const response = await request(endpoint, {
      headers: { accept: 'application/json' },
      ...(form ? { form, onProgress } : { body: operation }),
      signal: attempt.signal,
    });
    return dataOf((await response.json()) as Result<D>);
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    attempt.unlink();
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
