interface Waiter {
  /** The paths that had changed and are not in the workspace yet. Undefined before the scan that finds them. */
  paths: Set<string> | undefined;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Those who wait until what has changed in a replica is in the workspace. */
export class Flushes {
  readonly #waiters = new Set<Waiter>();

  add(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => waiter.reject(signal.reason);
      const end = () => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        paths: undefined,
        resolve: () => {
          end();
          resolve();
        },
        reject: (reason) => {
          end();
          reject(reason);
        },
      };
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
    });
  }

  /** Whether somebody waits for a scan. */
  get needScan(): boolean {
    return [...this.#waiters].some(({ paths }) => paths === undefined);
  }

  get areWaiting(): boolean {
    return this.#waiters.size > 0;
  }

  /**
   * Scans for all who wait now.
   *
   * @param scan Resolves with the paths that may have changed.
   */
  async scan(scan: () => Promise<Iterable<string>>): Promise<void> {
    const waiters = [...this.#waiters];
    const paths = await scan();
    for (const waiter of waiters) waiter.paths ??= new Set(paths);
  }

  /** Lets those go on whose paths are in the workspace. @param open The paths that are not. */
  settle(isOpen: (path: string) => boolean): void {
    for (const waiter of [...this.#waiters]) {
      const { paths } = waiter;
      if (paths === undefined) continue;
      for (const path of paths) if (!isOpen(path)) paths.delete(path);
      if (paths.size === 0) waiter.resolve();
    }
  }

  fail(reason: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.reject(reason);
  }
}
