/** Limits the frames that all streams of a gateway write before the event loop serves timers and sockets again. */
export interface FrameBudget {
  /** Counts a frame. Returns a promise when the budget is used up: await it before the next frame. */
  spend(): Promise<void> | undefined;
  /** Whether this promise of `spend` is still pending. */
  isPending(renewed: Promise<void>): boolean;
}

/** @param frames Most frames of all streams together in one iteration of the event loop. */
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
    isPending: (promise) => promise === renewed,
  };
}
