import type { RedisClientType } from '@redis/client';
import type { Redis } from './redis.ts';

/** Messages that all gateways can send and hear. One that is sent while a gateway cannot reach Redis is lost for it. */
export interface Channels extends Disposable {
  /**
   * Calls the listener with each message until the result is disposed.
   *
   * @param onMissed Called when messages may have been missed: when Redis has begun to send them, and after each time
   *   in which the connection was broken.
   * @returns `ready`: resolves when Redis has begun to send them.
   */
  listen(channel: string, listener: (message: string) => void, onMissed?: () => void): Listening;
  /** Sends a message. Returns how many connections heard it; undefined if Redis is away. Never rejects. */
  send(channel: string, message: string): Promise<number | undefined>;
}

export interface Listening extends Disposable {
  ready: Promise<void>;
}

/** @throws StartupError when Redis cannot be reached. */
export async function openRedisChannels(redis: Redis): Promise<Channels> {
  const subscriber: RedisClientType = await redis.connectAgain();
  const missed = new Set<() => void>();
  subscriber.on('ready', () => {
    for (const notify of missed) notify();
  });
  const nameOf = (channel: string) => `${redis.prefix}:${channel}`;
  return {
    listen(channel, listener, onMissed = () => undefined) {
      missed.add(onMissed);
      let isOpen = true;
      // Its own function, because the client knows a listener by it.
      const hear = (message: string) => listener(message);
      const ready = subscriber
        .subscribe(nameOf(channel), hear)
        .then(() => void (isOpen && onMissed()))
        // The client repeats it when it has connected again; it rejects only when it is closed.
        .catch(() => undefined);
      return {
        ready,
        [Symbol.dispose]() {
          if (!isOpen) return;
          isOpen = false;
          missed.delete(onMissed);
          void ready.then(() => subscriber.unsubscribe(nameOf(channel), hear)).catch(() => undefined);
        },
      };
    },
    send: (channel, message) => redis.ask((client) => client.publish(nameOf(channel), message)),
    [Symbol.dispose]: () => subscriber.destroy(),
  };
}
