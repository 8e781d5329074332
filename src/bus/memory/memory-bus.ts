import { EventEmitter } from 'node:events';
import type { Bus } from '../bus.ts';

/** The bus for a single gateway: rings do not leave this process. */
export function createMemoryBus(): Bus {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    ring: (topic) => void emitter.emit(topic),
    listen(topic, listener) {
      emitter.on(topic, listener);
      return { [Symbol.dispose]: () => void emitter.off(topic, listener) };
    },
  };
}
