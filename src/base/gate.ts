/** Makes writers wait while there is no room. */
export interface Gate {
  readonly isOpen: boolean;
  shut(): void;
  open(): void;
  /** Resolves when the gate is open. */
  opened(): Promise<void>;
}

export function createGate(): Gate {
  let isOpen = true;
  let opening: Promise<void> | undefined;
  let release = () => {};
  return {
    get isOpen() {
      return isOpen;
    },
    shut() {
      isOpen = false;
    },
    open() {
      isOpen = true;
      opening = undefined;
      release();
    },
    opened(): Promise<void> {
      if (isOpen) return Promise.resolve();
      opening ??= new Promise((resolve) => {
        release = resolve;
      });
      return opening;
    },
  };
}
