import type { Bus } from '../bus.ts';
import { createMemoryBus } from '../memory/memory-bus.ts';
import type { Channels, Listening } from './redis-channels.ts';

/** A bus whose rings reach all gateways, with a part that rings only here. */
export interface RedisBus extends Bus {
  /** Rings the listeners of this gateway alone: for a log that rings the others itself. */
  ringHere(topic: string): void;
  /** Listens to the rings of this gateway alone. */
  listenHere: Bus['listen'];
}

interface Topic {
  listeners: number;
  subscription: Listening;
}

export interface RedisBusOptions {
  channels: Channels;
  gatewayId: string;
}

/** The channel of a topic's rings. Its messages are the ids of the gateways that ring. */
export function ringChannel(topic: string): string {
  return `ring:${topic}`;
}

/** Listeners of this gateway are rung at once, those of others through Redis. */
export function createRedisBus({ channels, gatewayId }: RedisBusOptions): RedisBus {
  const here = createMemoryBus();
  const topics = new Map<string, Topic>();
  const waiting = new Set<string>();

  /** Rings that come in one turn of the event loop are one message for each topic. */
  function send(): void {
    for (const topic of waiting) void channels.send(ringChannel(topic), gatewayId);
    waiting.clear();
  }
  function enter(topic: string): Topic {
    const ring = () => here.ring(topic);
    // This gateway has rung its own listeners already.
    const hear = (sender: string) => void (sender !== gatewayId && ring());
    return { listeners: 0, subscription: channels.listen(ringChannel(topic), hear, ring) };
  }
  return {
    ring(topic) {
      here.ring(topic);
      if (waiting.size === 0) setImmediate(send);
      waiting.add(topic);
    },
    listen(topic, listener) {
      const known = topics.get(topic) ?? enter(topic);
      topics.set(topic, known);
      known.listeners += 1;
      const local = here.listen(topic, listener);
      let isOpen = true;
      return {
        [Symbol.dispose]() {
          if (!isOpen) return;
          isOpen = false;
          local[Symbol.dispose]();
          known.listeners -= 1;
          if (known.listeners > 0) return;
          topics.delete(topic);
          known.subscription[Symbol.dispose]();
        },
      };
    },
    ringHere: (topic) => here.ring(topic),
    listenHere: (topic, listener) => here.listen(topic, listener),
  };
}
