import { setTimeout as delay } from 'node:timers/promises';

export interface BackOffOptions {
  firstMs: number;
  longestMs: number;
}

/** How long to wait between attempts: longer each time, and by chance, so that many agents do not come at once. */
export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** The next pause, in milliseconds: anything up to a limit that doubles. */
  next(): number {
    const { firstMs, longestMs } = this.#options;
    const limit = Math.min(longestMs, firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.random() * limit;
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** Waits, or until the signal aborts. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
