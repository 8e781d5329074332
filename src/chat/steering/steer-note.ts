/** Tells a live run that prompts may wait to join its answer, so that a run that nobody steers does not ask the database. */
export class SteerNote {
  #mayWait: boolean;

  /** @param mayWait Whether prompts may wait already. */
  constructor(mayWait: boolean) {
    this.#mayWait = mayWait;
  }

  /** Prompts may wait. Call it when they are stored. */
  set(): void {
    this.#mayWait = true;
  }

  /** Whether prompts may wait. From here on only those count that are stored later. */
  take(): boolean {
    const mayWait = this.#mayWait;
    this.#mayWait = false;
    return mayWait;
  }
}
