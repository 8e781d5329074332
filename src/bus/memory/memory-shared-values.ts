import type { SharedValues } from '../shared-values.ts';

interface Value {
  text: string;
  /** By the clock of `performance.now()`. */
  until: number;
}

/** Milliseconds between two looks for values whose time is over. */
const sweepMs = 60_000;

/** Values that only this gateway sees. */
export function createMemorySharedValues(): SharedValues & Disposable {
  const values = new Map<string, Value>();
  const timer = setInterval(() => {
    for (const [key, { until }] of values) if (until <= performance.now()) values.delete(key);
  }, sweepMs).unref();
  const find = (key: string) => {
    const value = values.get(key);
    return value !== undefined && value.until > performance.now() ? value.text : undefined;
  };
  return {
    isAway: false,
    async set(key, text, ttlMs) {
      values.set(key, { text, until: performance.now() + ttlMs });
    },
    get: async (keys) => keys.map(find),
    async delete(key, text) {
      if (find(key) === text) values.delete(key);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
