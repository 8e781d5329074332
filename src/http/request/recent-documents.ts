/** How much is remembered. */
export interface RecentDocumentLimits {
  /** Most documents. */
  maxDocuments: number;
  /** Most characters of all documents together. A document of more than a tenth of it is not remembered. */
  maxCharacters: number;
}

/** Remembers in memory what belongs to documents. Those that were not used for the longest time are forgotten. */
export class RecentDocuments<Value> {
  readonly #limits: RecentDocumentLimits;
  /** A Map lists its keys in the order in which they were set. */
  readonly #entries = new Map<string, { value: Value; length: number }>();
  #characters = 0;

  constructor(limits: RecentDocumentLimits) {
    this.#limits = limits;
  }

  find(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param length The characters of the document. */
  remember(key: string, length: number, value: Value): void {
    const { maxDocuments, maxCharacters } = this.#limits;
    if (length > maxCharacters / 10) return;
    this.#forget(key);
    this.#entries.set(key, { value, length });
    this.#characters += length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxDocuments && this.#characters <= maxCharacters) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#characters -= this.#entries.get(key)?.length ?? 0;
    this.#entries.delete(key);
  }
}
