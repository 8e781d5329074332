/**
 * How many ended dispatches are remembered. An agent whose report was received, but whose reply was lost, sends the
 * report again soon; it must then get the same reply.
 */
const mostRemembered = 512;

/** The newest dispatches of a node that have ended. */
export class EndedDispatches {
  /** For each dispatch, whether its agent reported it in time. */
  readonly #isReported = new Map<string, boolean>();

  add(dispatchId: string, isReported: boolean): void {
    this.#isReported.set(dispatchId, isReported);
    const [oldest = ''] = this.#isReported.keys();
    if (this.#isReported.size > mostRemembered) this.#isReported.delete(oldest);
  }

  has(dispatchId: string): boolean {
    return this.#isReported.has(dispatchId);
  }

  wasReported(dispatchId: string): boolean {
    return this.#isReported.get(dispatchId) ?? false;
  }
}
