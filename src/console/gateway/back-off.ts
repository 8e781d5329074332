const firstMs = 500;
const longestMs = 5_000;

/** How long to wait between attempts: longer each time, and by chance, so that many pages do not come at once. */
export class BackOff {
  #attempts = 0;

  /** The next pause, in milliseconds. */
  next(): number {
    const limit = Math.min(longestMs, firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return limit * (0.5 + Math.random() / 2);
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#attempts = 0;
  }
}
