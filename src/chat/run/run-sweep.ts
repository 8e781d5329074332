import type { Logger } from 'pino';
import { hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';

export interface RunSweepOptions {
  /** Its rings reach all gateways. */
  bus: Bus;
  /** The topic that wakes the sweep. */
  topic: string;
  /** Milliseconds between two sweeps without a ring. */
  everyMs: number;
  /** What is done at each sweep. */
  work: () => Promise<void>;
  log: Logger;
}

/** Does something again and again until it is disposed, and at once when its topic rings. */
export function startRunSweep({ bus, topic, everyMs, work, log }: RunSweepOptions): AsyncDisposable {
  const closing = new AbortController();
  async function keep(): Promise<void> {
    using bell = hangBell({ bus, topic, signal: closing.signal, longestWaitMs: everyMs });
    while (!closing.signal.aborted) {
      await bell.wait();
      if (closing.signal.aborted) return;
      await work().catch((err: unknown) => log.warn({ err, topic }, 'a sweep over the runs has failed'));
    }
  }
  const keeping = keep();
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await keeping;
    },
  };
}
