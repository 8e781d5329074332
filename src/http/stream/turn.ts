/** Shares the event loop among all streams of a gateway. */
export interface Turn {
  /** Counts a frame. A promise where this turn of the event loop has delivered its share: await it. */
  spend(): Promise<void> | undefined;
}

/** @param framesPerTurn Frames that all streams together deliver before timers and sockets get their turn. */
export function createTurn(framesPerTurn = 64): Turn {
  let spent = 0;
  let next: Promise<void> | undefined;
  const wait = () =>
    new Promise<void>((resolve) => {
      setImmediate(() => {
        spent = 0;
        next = undefined;
        resolve();
      });
    });
  return {
    spend() {
      spent += 1;
      if (spent < framesPerTurn) return undefined;
      next ??= wait();
      return next;
    },
  };
}
