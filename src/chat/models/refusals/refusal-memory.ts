/** How long an entry is remembered, in milliseconds. The server may be started again with another model or options. */
const rememberedMs = 600_000;
/** Entries that are remembered at once. Clients choose the names of models, so there can be any number of them. */
const mostEntries = 1_000;

/** Remembers what the refusals of servers have told about their models, so that later requests are not refused too. */
export class RefusalMemory<Value> {
  readonly #entries = new Map<string, { value: Value; until: number }>();

  recall(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > Date.now() ? entry.value : undefined;
  }

  /** Replaces what is known under the key. Forgets the oldest entry when there are too many. */
  remember(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: Date.now() + rememberedMs });
    if (this.#entries.size <= mostEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
