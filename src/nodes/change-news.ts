export interface ChangeNewsOptions<State> {
  /** Tells of a state. What it throws is passed to `onError`. */
  tell(id: number, state: State): Promise<void>;
  /** Between two changes of one id that are told. */
  everyMs: number;
  onError(error: unknown): void;
}

/** Tells of changes: the first at once, and of those that follow it closely only where they have led to. */
export class ChangeNews<State> implements AsyncDisposable {
  readonly #options: ChangeNewsOptions<State>;
  readonly #current = new Map<number, State>();
  readonly #told = new Map<number, State>();
  readonly #pauses = new Map<number, NodeJS.Timeout>();
  readonly #telling = new Set<Promise<void>>();

  constructor(options: ChangeNewsOptions<State>) {
    this.#options = options;
  }

  /** @param initial What those who listen take it for if they were never told. */
  changed(id: number, state: State, initial: State): void {
    if (!this.#told.has(id)) this.#told.set(id, initial);
    this.#current.set(id, state);
    if (!this.#pauses.has(id)) this.#tell(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    await Promise.all(this.#telling);
  }

  #tell(id: number): void {
    this.#pauses.delete(id);
    const state = this.#current.get(id);
    if (state === undefined || state === this.#told.get(id)) return;
    this.#told.set(id, state);
    this.#pauses.set(
      id,
      setTimeout(() => this.#tell(id), this.#options.everyMs),
    );
    const telling = this.#options
      .tell(id, state)
      .catch(this.#options.onError)
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }
}
