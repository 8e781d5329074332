import type { Bus } from './bus.ts';

/** Lets one listener wait for rings of a topic without missing a ring that comes between two waits. */
export interface Bell extends Disposable {
  /**
   * Resolves if the topic rang since the last wait, or rings now; within the time of the bell; when the signal aborts or
   * the bell is disposed. Never rejects.
   */
  wait(): Promise<void>;
}

export interface BellOptions {
  bus: Bus;
  topic: string;
  /** Ends every wait at once. */
  signal: AbortSignal;
  /** The longest wait, in milliseconds. */
  longestWaitMs: number;
}

export function hangBell({ bus, topic, signal, longestWaitMs }: BellOptions): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  // One timer for all waits, which runs on: a follower waits for each run event.
  let timer: NodeJS.Timeout | undefined;
  const endWait = () => {
    const resolve = wake;
    wake = undefined;
    resolve?.();
  };
  const ring = () => {
    if (wake) endWait();
    else rung = true;
  };
  const subscription = bus.listen(topic, ring);
  signal.addEventListener('abort', ring);
  return {
    wait() {
      if (rung || signal.aborted) {
        rung = false;
        return Promise.resolve();
      }
      timer ??= setInterval(endWait, longestWaitMs);
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      signal.removeEventListener('abort', ring);
      subscription[Symbol.dispose]();
      ring();
    },
  };
}
