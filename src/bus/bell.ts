import type { Bus } from './bus.ts';

/** One listener's view of a topic, on which it can wait without missing a ring. */
export interface Bell extends Disposable {
  /** Resolves at a ring since the last wait, after `timeoutMs`, or when the signal aborts. Never rejects. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function hangBell(bus: Bus, topic: string): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  const subscription = bus.listen(topic, () => {
    rung = true;
    wake?.();
  });
  return {
    wait(timeoutMs, signal) {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          wake = undefined;
          rung = false;
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done);
        wake = done;
        if (rung || signal.aborted) done();
      });
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
