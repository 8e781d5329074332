/** Paths that cannot be written here, each with the reason, a sentence. They are tried again after each scan. */
export class Blocked {
  readonly #paths = new Map<string, { reason: string; isFault: boolean }>();

  /** @param isFault Whether somebody should do something about it. A name that the system cannot have is not a fault. */
  add(path: string, reason: string, isFault = true): void {
    this.#paths.set(path, { reason, isFault });
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  clear(): void {
    this.#paths.clear();
  }

  /** What is wrong, as a sentence; null if nothing is. */
  get fault(): string | null {
    const faults = [...this.#paths].filter(([, { isFault }]) => isFault);
    const [first] = faults;
    if (first === undefined) return null;
    const [path, { reason }] = first;
    const others = faults.length > 1 ? ` ${faults.length - 1} more cannot be written either.` : '';
    return `${JSON.stringify(path)} cannot be written. ${reason}${others}`;
  }

  get isEmpty(): boolean {
    return this.#paths.size === 0;
  }

  *[Symbol.iterator](): Generator<{ path: string; reason: string }> {
    for (const [path, { reason }] of this.#paths) yield { path, reason };
  }
}
