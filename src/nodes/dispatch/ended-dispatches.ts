/**
 * How many ended dispatches are remembered. An agent whose report was received, but whose reply was lost, sends the
 * report again soon; it must then get the same reply.
 */
const mostRemembered = 512;

/** What a dispatch that its agent has reported leaves behind. */
export interface ReportedDispatch {
  /** Resolves when the agent need not keep the result. */
  whenTaken(): Promise<void>;
}

/** The newest dispatches of a node that have ended. */
export class EndedDispatches {
  readonly #reports = new Map<string, ReportedDispatch | undefined>();

  /** @param reported Undefined if the agent did not report it in time. */
  add(dispatchId: string, reported: ReportedDispatch | undefined): void {
    this.#reports.set(dispatchId, reported);
    const [oldest = ''] = this.#reports.keys();
    if (this.#reports.size > mostRemembered) this.#reports.delete(oldest);
  }

  has(dispatchId: string): boolean {
    return this.#reports.has(dispatchId);
  }

  /** Undefined if the agent did not report it in time, or too long ago. */
  find(dispatchId: string): ReportedDispatch | undefined {
    return this.#reports.get(dispatchId);
  }
}
