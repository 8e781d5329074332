/** How many frames all streams of a gateway may deliver before the event loop serves timers and sockets again. */
export interface FrameBudget {
  /** Counts a frame. Where the budget is used up it returns a promise: await it before the next frame. */
  spend(): Promise<void> | undefined;
}

/** @param frames Frames of all streams together in one iteration of the event loop. */
export function createFrameBudget(frames = 64): FrameBudget {
  let spent = 0;
  let renewed: Promise<void> | undefined;
  const wait = () =>
    new Promise<void>((resolve) => {
      setImmediate(() => {
        spent = 0;
        renewed = undefined;
        resolve();
      });
    });
  return {
    spend() {
      spent += 1;
      if (spent < frames) return undefined;
      renewed ??= wait();
      return renewed;
    },
  };
}
