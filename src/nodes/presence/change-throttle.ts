export interface ChangeThrottleOptions<State> {
  /** Announces a state. What it throws is passed to `onError`. */
  tell(id: number, state: State): Promise<void>;
  /** Milliseconds between two announcements for the same id. */
  everyMs: number;
  onError(error: unknown): void;
}

/**
 * Announces changes of state, but not too often: the first change at once, then at most one per `everyMs`, with the
 * state that is current by then.
 */
export class ChangeThrottle<State> implements AsyncDisposable {
  readonly #options: ChangeThrottleOptions<State>;
  readonly #current = new Map<number, State>();
  readonly #told = new Map<number, State>();
  readonly #pauses = new Map<number, NodeJS.Timeout>();
  readonly #telling = new Set<Promise<void>>();

  constructor(options: ChangeThrottleOptions<State>) {
    this.#options = options;
  }

  /** @param initial The state that listeners assume before the first announcement. */
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
