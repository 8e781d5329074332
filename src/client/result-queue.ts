/** Hands items from a producer that calls to a consumer that loops. It holds what the consumer has not taken. */
export class ResultQueue<T> {
  readonly #items: T[] = [];
  #failure: { error: unknown } | undefined;
  #isEnded = false;
  #wake = () => {};

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Ends the loop after the items that are left. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Makes the loop throw after the items that are left. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      yield* this.#items.splice(0);
      if (this.#items.length > 0) continue;
      if (this.#failure) throw this.#failure.error;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
