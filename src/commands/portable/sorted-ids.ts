/** Ids that are added in ascending order. A session may have very many: each takes some bytes. */
export class SortedIds {
  readonly #ids: number[] = [];

  get length(): number {
    return this.#ids.length;
  }

  add(id: number): void {
    this.#ids.push(id);
  }

  at(index: number): number {
    return this.#ids[index] ?? 0;
  }

  has(id: number): boolean {
    return this.indexOf(id) >= 0;
  }

  /** Where an id is; -1 if it was not added. */
  indexOf(id: number): number {
    const index = this.lastUpTo(id);
    return index >= 0 && this.#ids[index] === id ? index : -1;
  }

  /** Where the greatest id is that is not above another one; -1 if all are above it. */
  lastUpTo(id: number): number {
    let [low, high] = [0, this.#ids.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? 0) <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
