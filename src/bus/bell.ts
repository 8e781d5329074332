import type { Bus } from './bus.ts';

/** Lets one listener wait for rings of a topic without missing a ring that comes between two waits. */
export interface Bell extends Disposable {
  /** Resolves if the topic rang since the last wait, or rings now; after `timeoutMs`; or when the signal aborts. Never rejects. */
  wait(timeoutMs: number): Promise<void>;
}

/** @param signal Ends every wait at once. */
export function hangBell(bus: Bus, topic: string, signal: AbortSignal): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  const subscription = bus.listen(topic, ring);
  signal.addEventListener('abort', ring);
  return {
    async wait(timeoutMs) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      rung = false;
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', ring);
      subscription[Symbol.dispose]();
    },
  };
}
