import { performance } from 'node:perf_hooks';

/** Tells whether the process keeps up. */
export interface Pressure extends Disposable {
  /** Whether there is more to do than can be done, and has been for most of the last seconds. */
  isHigh(): boolean;
}

/** How often it is looked. */
const everyMs = 20;
/** Over how long it is judged at a time. */
const spanMs = 1_000;
/** This many of the last spans must be bad: what is heavy once, as loading what the first chats need, is over by then. */
const [most, last] = [3, 4];
/** The part of the time in which an event loop is at work that is never idle. Below this it has caught up with all. */
const fullUtilization = 0.98;

/**
 * There is too much to do where the event loop is never idle, and what comes in waits for its turn. One without the
 * other is none: whoever reads an upload is never idle and lets others in between, and whoever is late for once has
 * time afterwards.
 *
 * @param maxDelayMs How late timers, and with them all else, may be in the mean over a second. 0: never too late.
 */
export function createPressure(maxDelayMs: number): Pressure {
  if (maxDelayMs === 0) return { isHigh: () => false, [Symbol.dispose]() {} };
  const begin = (at: number) => ({ at, utilization: performance.eventLoopUtilization(), delay: 0 });
  let lookedAt = performance.now();
  let span = begin(lookedAt);
  let spans: boolean[] = [];
  const look = setInterval(() => {
    const now = performance.now();
    const passed = now - lookedAt;
    lookedAt = now;
    // Whoever comes at any moment more likely meets a long turn than a short one.
    span.delay += (passed - everyMs) * passed;
    const lastedMs = now - span.at;
    if (lastedMs < spanMs) return;
    const { utilization } = performance.eventLoopUtilization(span.utilization);
    const isBad = utilization >= fullUtilization && span.delay / lastedMs > maxDelayMs;
    spans = [isBad, ...spans.slice(0, last - 1)];
    span = begin(now);
  }, everyMs).unref();
  return {
    isHigh: () => spans.filter(Boolean).length >= most,
    [Symbol.dispose]: () => clearInterval(look),
  };
}
