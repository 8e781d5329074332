export interface ChangeThrottleOptions<State> {
  /** Announces a state. What it throws is passed to `onError`. */
  tell(id: number, state: State): Promise<void>;
  /** Milliseconds between two announcements for the same id. */
  everyMs: number;
  onError(error: unknown): void;
}

/**
 * Announces changes of state, but not too often: the first change at once, then at most one per `everyMs`, with the
 * state that is current by then. A change that was undone within a pause is announced too: a listener may have read
 * the state in between.
 */
export class ChangeThrottle<State> implements AsyncDisposable {
  readonly #options: ChangeThrottleOptions<State>;
  readonly #current = new Map<number, State>();
  /** The ids whose state has changed since their last announcement. */
  readonly #changed = new Set<number>();
  readonly #pauses = new Map<number, NodeJS.Timeout>();
  readonly #telling = new Set<Promise<void>>();

  constructor(options: ChangeThrottleOptions<State>) {
    this.#options = options;
  }

  /** @param initial The state that listeners assume before the first announcement. */
  changed(id: number, state: State, initial: State): void {
    const before = this.#current.get(id) ?? initial;
    this.#current.set(id, state);
    if (state === before) return;
    this.#changed.add(id);
    if (!this.#pauses.has(id)) this.#tell(id, state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    await Promise.all(this.#telling);
  }

  #tell(id: number, state: State): void {
    this.#changed.delete(id);
    this.#pauses.set(
      id,
      setTimeout(() => this.#endPause(id), this.#options.everyMs),
    );
    const telling = this.#options
      .tell(id, state)
      .catch(this.#options.onError)
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  #endPause(id: number): void {
    this.#pauses.delete(id);
    const state = this.#current.get(id);
    if (state !== undefined && this.#changed.has(id)) this.#tell(id, state);
  }
}
