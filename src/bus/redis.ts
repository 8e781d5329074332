import type { RedisClientType } from '@redis/client';
import type { Logger } from 'pino';
import { StartupError } from '../config/startup-error.ts';
import { createAbsence } from './absence.ts';

/** How long Redis may take to connect, and to answer. */
const connectMs = 5_000;
const answerMs = 250;
/** How long Redis is not asked once it did not answer. */
const restMs = 1_000;
/** Between two attempts to connect again, at most. */
const longestRetryMs = 2_000;

/** A connection to Redis, for what can do without for a while. Disposing closes it. */
export interface Redis extends Disposable {
  /** What Redis answers; undefined while it is away, late or says no. Never rejects. */
  ask<T>(question: (client: RedisClientType) => Promise<T>): Promise<T | undefined>;
}

export interface OpenRedisOptions {
  /** `redis://` or `rediss://`, with the user and the password if there are any. */
  url: string;
  log: Logger;
}

/** @throws StartupError when Redis cannot be reached. */
export async function openRedis({ url, log }: OpenRedisOptions): Promise<Redis> {
  // Not before it is wanted: loading it would make every start a third longer.
  const { createClient } = await import('@redis/client');
  let wasReached = false;
  const client: RedisClientType = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectMs,
      reconnectStrategy: (retries) => wasReached && Math.min(50 * 2 ** retries, longestRetryMs),
    },
  });
  const absence = createAbsence({
    restMs,
    onBegin: (err) => log.warn({ err }, 'Redis does not answer: this gateway counts by itself until it does'),
    onEnd: () => log.info('Redis answers again'),
  });
  client.on('error', (error) => wasReached && absence.begin(error));
  await inTime(client.connect(), connectMs).catch((cause: NodeJS.ErrnoException) => {
    client.destroy();
    throw new StartupError(`Redis at REDIS_URL cannot be reached: ${cause.code ?? cause.message}.`, {
      cause,
    });
  });
  wasReached = true;
  return {
    async ask(question) {
      if (!absence.mayAsk()) return undefined;
      try {
        const answer = await inTime(question(client), answerMs);
        absence.end();
        return answer;
      } catch (error) {
        absence.begin(error);
        return undefined;
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`No answer within ${ms} ms`));
    // Where it was this process that had no time, the answer is there and is read before the immediate.
    timer = setTimeout(() => setImmediate(giveUp), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
