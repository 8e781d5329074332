import type { Bus } from '../../../src/bus/bus.ts';
import { createMemoryBus } from '../../../src/bus/memory/memory-bus.ts';

/** A memory bus that counts its listeners. */
export function createCountingBus(): Bus & { readonly listeners: number } {
  const bus = createMemoryBus();
  let listeners = 0;
  return {
    ring: bus.ring,
    listen(topic, listener) {
      const subscription = bus.listen(topic, listener);
      listeners += 1;
      return {
        [Symbol.dispose]() {
          listeners -= 1;
          subscription[Symbol.dispose]();
        },
      };
    },
    get listeners() {
      return listeners;
    },
  };
}

/** A bus that loses every ring. */
export function createDeafBus(): Bus {
  return { ring: () => {}, listen: () => ({ [Symbol.dispose]: () => {} }) };
}
