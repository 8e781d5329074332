/** Things that are on their way in, by key. Others can wait until those that came before them are in. */
export class Arrivals<Key> {
  readonly #arriving = new Map<Key, Set<Promise<void>>>();

  /** Counts one as on its way until the result is disposed. Disposing it again does nothing. */
  enter(key: Key): Disposable {
    let leave = () => {};
    const isIn = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const group = this.#arriving.get(key) ?? new Set();
    this.#arriving.set(key, group.add(isIn));
    return {
      [Symbol.dispose]: () => {
        leave();
        group.delete(isIn);
        if (group.size === 0 && this.#arriving.get(key) === group) this.#arriving.delete(key);
      },
    };
  }

  /** Waits for those that are on their way now, and not for those that come later. */
  async settled(key: Key): Promise<void> {
    await Promise.all(this.#arriving.get(key) ?? []);
  }
}
