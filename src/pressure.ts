/** Tells whether the process keeps up. */
export interface Pressure extends Disposable {
  /** Whether what comes in waits for longer than it may, and has for a while. */
  isHigh(): boolean;
}

/** How often it is looked. */
const everyMs = 20;
/** How far back the mean goes: what was before counts for little. */
const spanMs = 1_000;
/** For how long it must be too late: the first chats load what the next ones have. */
const holdMs = 5_000;
/** A delay counts as this many times the longest at most: one alone is forgotten before `holdMs` are over. */
const mostTimes = 4;

/**
 * Measures how late timers are, and with them all else, in the mean over the last second: a request takes several
 * turns of the event loop, of which some are late and others are not. Being late for once is no pressure, however
 * late. (Node's own histogram loses what is late when it is reset.)
 *
 * @param maxDelayMs 0: never too late.
 */
export function createPressure(maxDelayMs: number): Pressure {
  if (maxDelayMs === 0) return { isHigh: () => false, [Symbol.dispose]() {} };
  let lookedAt = performance.now();
  let mean = 0;
  let calmAt = lookedAt;
  const look = setInterval(() => {
    const now = performance.now();
    const passed = now - lookedAt;
    const delay = Math.min(passed - everyMs, mostTimes * maxDelayMs);
    lookedAt = now;
    mean += (delay - mean) * (1 - Math.exp(-passed / spanMs));
    if (mean <= maxDelayMs) calmAt = now;
  }, everyMs).unref();
  return {
    isHigh: () => lookedAt - calmAt >= holdMs,
    [Symbol.dispose]: () => clearInterval(look),
  };
}
