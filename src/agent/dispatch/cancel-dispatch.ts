/**
 * The open dispatches of an agent and how to cancel each one. A dispatch is open from its arrival until its result is
 * reported.
 */
export class OpenDispatches {
  readonly #controllers = new Map<string, AbortController>();

  /** The ids of the open dispatches. */
  get ids(): string[] {
    return [...this.#controllers.keys()];
  }

  has(dispatchId: string): boolean {
    return this.#controllers.has(dispatchId);
  }

  /** Returns a signal that aborts when the dispatch is cancelled. */
  add(dispatchId: string): AbortSignal {
    const controller = new AbortController();
    this.#controllers.set(dispatchId, controller);
    return controller.signal;
  }

  remove(dispatchId: string): void {
    this.#controllers.delete(dispatchId);
  }

  /** Cancels dispatches. Ids that are not open are ignored. The result of a cancelled dispatch is reported as usual. */
  cancel(dispatchIds: readonly string[]): void {
    for (const id of dispatchIds) this.#controllers.get(id)?.abort();
  }
}
