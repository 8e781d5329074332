import { performance } from 'node:perf_hooks';

/** Measures whether the process is overloaded. */
export interface Pressure extends Disposable {
  /** Whether most of the last spans, of a second each, were bad. */
  isHigh(): boolean;
}

/** Milliseconds between two measurements. */
const everyMs = 20;
/** The process is overloaded if so many of the last spans were bad. One heavy moment, such as loading a module, is not enough. */
const [badSpans, spansKept] = [3, 4];
/** The event loop counts as never idle above this part of the time. */
const fullUtilization = 0.98;

/**
 * Creates the measurement. A span is bad if the event loop was never idle and incoming work waited for too long. Neither
 * sign is enough alone: an event loop that reads an upload is never idle but lets other work in between, and an event
 * loop that was late once has time afterwards.
 *
 * @param maxDelayMs How many milliseconds timers, and other work with them, may be late on average over a span. 0: no
 *   limit.
 * @param spanMs Length of a span in milliseconds.
 */
export function createPressure(maxDelayMs: number, spanMs = 1_000): Pressure {
  if (maxDelayMs === 0) return { isHigh: () => false, [Symbol.dispose]() {} };
  const begin = (at: number) => ({ at, utilization: performance.eventLoopUtilization(), delay: 0 });
  let measuredAt = performance.now();
  let span = begin(measuredAt);
  let spans: boolean[] = [];
  const timer = setInterval(() => {
    const now = performance.now();
    const passed = now - measuredAt;
    measuredAt = now;
    // Weighted by its length, because a request is more likely to arrive during a long block than during a short one.
    span.delay += (passed - everyMs) * passed;
    const lastedMs = now - span.at;
    if (lastedMs < spanMs) return;
    const { utilization } = performance.eventLoopUtilization(span.utilization);
    const isBad = utilization >= fullUtilization && span.delay / lastedMs > maxDelayMs;
    spans = [isBad, ...spans.slice(0, spansKept - 1)];
    span = begin(now);
  }, everyMs).unref();
  return {
    isHigh: () => spans.filter(Boolean).length >= badSpans,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
