import { EventEmitter } from 'node:events';
import type { Bus } from './bus.ts';

/** The bus of a gateway that is alone. */
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
