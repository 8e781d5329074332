/**
 * A controller that also aborts with the first of these signals, and with its reason. Call `unlink` at the end: a
 * signal that lives as long as its program would otherwise keep every request that was made with it.
 */
export class LinkedAbort extends AbortController {
  readonly #parents: readonly AbortSignal[];
  readonly #follow = () => this.abort(this.#parents.find(({ aborted }) => aborted)?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(...parents: AbortSignal[]) {
    super();
    this.#parents = parents;
    for (const parent of parents) {
      if (parent.aborted) this.abort(parent.reason);
      else parent.addEventListener('abort', this.#follow);
    }
  }

  /** Aborts after that time, in milliseconds. Infinity: never. */
  abortAfter(ms: number): this {
    const late = () => this.abort(new Error(`The gateway has not answered within ${ms} ms.`));
    if (Number.isFinite(ms)) this.#timer = setTimeout(late, ms);
    return this;
  }

  /** Stops listening and waiting. */
  unlink(): void {
    clearTimeout(this.#timer);
    for (const parent of this.#parents) parent.removeEventListener('abort', this.#follow);
  }
}
