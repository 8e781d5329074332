/** Counts how many things (runs, subscriptions, connections) each holder, such as a user, has at the moment. */
export class HolderCount<Holder> {
  readonly #counts = new Map<Holder, number>();

  of(holder: Holder): number {
    return this.#counts.get(holder) ?? 0;
  }

  /** Those who have at least one. */
  holders(): Iterable<Holder> {
    return this.#counts.keys();
  }

  /** Counts one more until the result is disposed. Disposing it again does nothing. */
  enter(holder: Holder): Disposable {
    this.#counts.set(holder, this.of(holder) + 1);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        const left = this.of(holder) - 1;
        if (left > 0) this.#counts.set(holder, left);
        else this.#counts.delete(holder);
      },
    };
  }
}
