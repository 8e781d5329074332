import { performance } from 'node:perf_hooks';

/** How often it is looked whether the event loop is idle, in milliseconds. */
const everyMs = 200;
/** The part of that time for which an event loop works that counts as idle. */
const idleUtilization = 0.1;

/**
 * Loads modules in the background: one at a time, and each when the event loop has been idle for a moment, because loading
 * holds it for up to 100 ms. What fails is left to the code that imports the module when it needs it. Disposing ends that.
 */
export function loadWhenIdle(loaders: readonly (() => Promise<unknown>)[]): Disposable {
  const left = [...loaders];
  let isLoading = false;
  let before = performance.eventLoopUtilization();
  const timer = setInterval(async () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (isLoading || utilization > idleUtilization) return;
    const load = left.shift();
    if (load === undefined) return clearInterval(timer);
    isLoading = true;
    await load().catch(() => {});
    isLoading = false;
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
