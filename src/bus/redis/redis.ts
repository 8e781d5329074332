import type { RedisClientType } from '@redis/client';
import type { Logger } from 'pino';
import { StartupError } from '../../config/startup-error.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';

/** Milliseconds that Redis may take to reply. */
const replyMs = 250;
/** Milliseconds for which Redis is left alone after it did not reply. */
const restMs = 1_000;
/** The longest time between two attempts to reconnect, in milliseconds. */
const longestRetryMs = 1_000;
/** Milliseconds between two questions whether a connection still works. */
const pingMs = 5_000;
/** A connection on which nothing has come for this time is opened anew, in milliseconds. */
const silentMs = 15_000;

/** A connection to Redis, for callers that can continue without Redis for a while. Disposing closes it. */
export interface Redis extends Disposable {
  /** Resolves with the reply of Redis; undefined if Redis is away, is late or fails. Never rejects. */
  ask<T>(question: (client: RedisClientType) => Promise<T>): Promise<T | undefined>;
  /** Says why Redis cannot be used; undefined if it can. Never rejects. */
  check(): Promise<string | undefined>;
  /** Whether the last question got no reply. */
  readonly isAway: boolean;
  /** What all keys and channels begin with. */
  readonly prefix: string;
  /**
   * Opens a second connection, which the caller closes.
   *
   * @throws StartupError when Redis cannot be reached.
   */
  connectAgain(): Promise<RedisClientType>;
}

export interface OpenRedisOptions {
  /** `redis://` or `rediss://`, with a user and a password if Redis needs them. */
  url: string;
  /** What all keys and channels begin with. */
  prefix: string;
  log: Logger;
  /** Milliseconds that Redis may take to connect. Default: 5,000. */
  connectMs?: number;
}

/** @throws StartupError when Redis cannot be reached. */
export async function openRedis({ url, prefix, log, connectMs = 5_000 }: OpenRedisOptions): Promise<Redis> {
  // Loaded only when needed: loading it always would make every start a third longer.
  const { createClient } = await import('@redis/client');
  let wasReached = false;
  const client: RedisClientType = createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: pingMs,
    socket: {
      connectTimeout: connectMs,
      socketTimeout: silentMs,
      reconnectStrategy: (retries) => wasReached && Math.min(50 * 2 ** retries, longestRetryMs),
    },
  });
  const breaker = createCircuitBreaker({
    restMs,
    onAway: (err) =>
      log.warn(
        { err },
        'Redis does not reply: until it does, followers on other gateways wait, and this gateway counts requests alone',
      ),
    onBack: () => log.info('Redis replies again'),
  });
  client.on('error', (error) => wasReached && breaker.failed(error));
  client.on('ready', () => breaker.connected());
  await connect(client, connectMs);
  wasReached = true;
  async function ask<T>(question: (client: RedisClientType) => Promise<T>): Promise<T | undefined> {
    if (!breaker.mayAsk()) return undefined;
    try {
      const reply = await inTime(question(client), replyMs);
      breaker.succeeded();
      return reply;
    } catch (error) {
      breaker.failed(error);
      return undefined;
    }
  }
  return {
    prefix,
    get isAway() {
      return breaker.isAway;
    },
    ask,
    check: async () => ((await ask((asked) => asked.ping())) ? undefined : 'it does not answer'),
    async connectAgain() {
      // Its commands wait while Redis is away.
      const second = client.duplicate({ disableOfflineQueue: false });
      second.on('error', () => undefined);
      await connect(second, connectMs);
      return second;
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

async function connect(client: RedisClientType, withinMs: number): Promise<void> {
  await inTime(client.connect(), withinMs).catch((cause: NodeJS.ErrnoException) => {
    client.destroy();
    throw new StartupError(`Redis at REDIS_URL cannot be reached: ${cause.code ?? cause.message}.`, {
      cause,
    });
  });
}

async function inTime<T>(reply: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`No reply within ${ms} ms`));
    // If this process was busy, a reply may be waiting already: it is read before the immediate runs.
    timer = setTimeout(() => setImmediate(giveUp), ms);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}
