import { setTimeout as delay } from 'node:timers/promises';
import type { RunFailureCode } from '../../log/run-event.ts';
import { ProviderError } from '../failure/provider-error.ts';
import { describeWait } from './retry-time.ts';

export interface RetryLimits {
  /** Retries of a call that failed before its first part. */
  maxRetries: number;
  /** The longest wait before a retry, in milliseconds. If the provider asks for a longer one, the call fails at once. */
  maxRetryWaitMs: number;
}

/** A model call that failed and will be repeated. */
export interface Retry {
  /** 1 for the first retry of the call. */
  attempt: number;
  code: RunFailureCode;
  /** Why the call failed: a sentence for people. */
  reason: string;
  /** When the call is repeated, in milliseconds since the epoch. */
  dueAt: number;
}

/**
 * Plans the next try of a failed call: at the time that the provider asks for, or else after a back-off.
 *
 * @param failed How often the call has failed.
 * @throws The error, if the call is not repeated. If the provider said when it takes the next request, so does the error.
 */
export function planRetry(
  error: unknown,
  failed: number,
  { maxRetries, maxRetryWaitMs }: RetryLimits,
): Retry {
  if (!(error instanceof ProviderError) || !error.retryable) throw error;
  const now = Date.now();
  const tooLate = error.retryAt !== null && error.retryAt > now + maxRetryWaitMs;
  if (failed > maxRetries || tooLate) throw sayWhen(error);
  const dueAt = error.retryAt ?? now + Math.min(backOff(failed), maxRetryWaitMs);
  return { attempt: failed, code: error.code, reason: error.message, dueAt };
}

/** The first back-off without jitter, in milliseconds; it doubles with every failure. */
const firstBackOff = 500;
const longestBackOff = 60_000;

function backOff(failed: number): number {
  return Math.min(firstBackOff * 2 ** (failed - 1) * (0.5 + Math.random()), longestBackOff);
}

function sayWhen(error: ProviderError): ProviderError {
  const { code, message, cause, retryAt } = error;
  if (retryAt === null) return error;
  const when = `it takes the next request ${describeWait(retryAt)}`;
  return new ProviderError(code, message.replace('try again later', when), { cause, retryAt });
}

/** Waits until a retry is due. @throws The signal's reason, as soon as it aborts. */
export async function waitForRetry({ dueAt }: Retry, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(0, dueAt - Date.now()), undefined, { signal });
  } finally {
    signal.throwIfAborted();
  }
}
