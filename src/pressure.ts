/** Tells whether the process keeps up. */
export interface Pressure extends Disposable {
  /** Whether everything that comes in waits longer than it may. */
  isHigh(): boolean;
}

/** How often it is looked. */
const everyMs = 20;

/**
 * Measures how late timers are, and with them all else. Once is no pressure: something may just have been
 * loaded. Twice in a row is, until one is in time. (Node's own histogram loses what is late when it is reset.)
 *
 * @param maxDelayMs 0: never too late.
 */
export function createPressure(maxDelayMs: number): Pressure {
  if (maxDelayMs === 0) return { isHigh: () => false, [Symbol.dispose]() {} };
  let lookedAt = performance.now();
  let lateInARow = 0;
  const look = setInterval(() => {
    const now = performance.now();
    lateInARow = now - lookedAt - everyMs > maxDelayMs ? lateInARow + 1 : 0;
    lookedAt = now;
  }, everyMs).unref();
  return { isHigh: () => lateInARow > 1, [Symbol.dispose]: () => clearInterval(look) };
}
