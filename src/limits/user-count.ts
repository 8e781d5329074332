/** Counts how many things (runs, subscriptions, connections) each user holds. */
export class UserCount {
  readonly #counts = new Map<string, number>();

  of(userId: string): number {
    return this.#counts.get(userId) ?? 0;
  }

  /** Counts one more until the result is disposed. Disposing it again does nothing. */
  enter(userId: string): Disposable {
    this.#counts.set(userId, this.of(userId) + 1);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        const left = this.of(userId) - 1;
        if (left > 0) this.#counts.set(userId, left);
        else this.#counts.delete(userId);
      },
    };
  }
}
