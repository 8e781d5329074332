import { GatewayError } from './errors.ts';

export interface Failure {
  error: GatewayError;
  /** How many attempts have failed in a row: 1 after the first. */
  attempt: number;
  /** Aborts when the caller gives up. */
  signal: AbortSignal;
}

/** Decides about a failed attempt: resolves when it is time for the next one, rejects to give up. */
export type Retry = (failure: Failure) => Promise<void>;

export interface BackOff {
  /** The limit of the first pause, in milliseconds; it doubles with each attempt. Default: 500. */
  firstMs?: number;
  /** The longest limit, in milliseconds. Default: 5,000. */
  longestMs?: number;
}

export interface RetryOptions extends BackOff {
  /** How many attempts may fail in a row. Default: 15, about a minute with the default pauses. */
  attempts?: number;
  /** Which errors are worth another attempt. Default: passing ones. */
  isRetried?(error: GatewayError): boolean;
}

/** Waits longer after each failed attempt, and rejects with the error when another attempt is of no use. */
export function createRetry(options: RetryOptions = {}): Retry {
  const { attempts = 15, isRetried = (error) => error.isPassing } = options;
  return async ({ error, attempt, signal }) => {
    if (attempt >= attempts || !isRetried(error)) throw error;
    await pause(backOffMs(attempt, options, error.retryAfterMs), signal);
  };
}

/**
 * How long to wait after a failed attempt, in milliseconds: between half of the limit and the limit. It is random,
 * because many clients lose a gateway at the same moment.
 *
 * @param retryAfterMs The gateway's own wish: the pause is not shorter, unless the wish is longer than an hour.
 */
export function backOffMs(attempt: number, { firstMs = 500, longestMs = 5_000 }: BackOff, retryAfterMs = 0) {
  const limit = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.max(Math.min(retryAfterMs, longestRetryAfterMs), limit * (0.5 + Math.random() / 2));
}

/** A timer of more than 2^31 ms fires at once, so a senseless header would make the client try without a pause. */
const longestRetryAfterMs = 3_600_000;

/**
 * Repeats an action until it succeeds.
 *
 * @throws what `retry` rejects with; the reason of `signal` once that aborts; every error that is no GatewayError.
 */
export async function repeat<T>(
  act: () => Promise<T>,
  retry: Retry,
  signal = new AbortController().signal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      await retry({ error, attempt, signal });
    }
  }
}

/** Resolves after that time, or as soon as the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
