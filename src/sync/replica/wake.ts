/** Lets a loop wait until there is something to do. A ring that comes while it works ends its next wait at once. */
export class Wake {
  #hasRung = false;
  #end = () => {};

  ring(): void {
    this.#hasRung = true;
    this.#end();
  }

  /** Resolves after a ring, after that time, or as soon as the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasRung) await this.pause(ms, signal);
    this.#hasRung = false;
  }

  /** Like `wait`, but a ring that came before counts for the next wait. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#end = () => {};
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      this.#end = end;
    });
  }
}
