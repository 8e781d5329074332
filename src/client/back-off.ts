export interface BackOffOptions {
  /** The limit of the first pause, in milliseconds; it doubles with each attempt. */
  firstMs: number;
  longestMs: number;
}

/** How long to wait between attempts. Pauses are random, because many clients lose a gateway at the same moment. */
export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /**
   * The next pause, in milliseconds: between half of the limit and the limit.
   *
   * @param retryAfterMs What the gateway asked for: the pause is not shorter.
   */
  next(retryAfterMs = 0): number {
    const { firstMs, longestMs } = this.#options;
    const limit = Math.min(longestMs, firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.max(retryAfterMs, limit * (0.5 + Math.random() / 2));
  }

  /** Starts again with the first pause, after an attempt that succeeded. */
  reset(): void {
    this.#attempts = 0;
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
