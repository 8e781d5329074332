import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from './redis.ts';
import { streamKey } from './redis-log-shipper.ts';

/** Batches that are read at once. */
const batchesAtOnce = 32;
/**
 * How long a reader waits for Redis before it takes the log for gone, in milliseconds. Most restarts take less, and a gateway
 * connects again within a second.
 */
const patienceMs = 2_000;
/** Milliseconds between two tries. */
const retryMs = 100;

export interface LogReader<Entry> {
  /** As `AppendLog.read`. Null also when Redis is away. */
  read(key: string, after: number, limit: number): Promise<readonly Entry[] | null>;
  /** The seq of the newest entry; null if there is no log, or Redis is away. */
  lastSeq(key: string): Promise<number | null>;
}

/** Reads logs that other gateways have shipped to Redis. */
export function createLogReader<Entry extends { seq: number }>({
  redis,
}: {
  redis: Redis;
}): LogReader<Entry> {
  /** Followers at the same place share a read, and so the entries. */
  const reading = new Map<string, Promise<readonly Entry[] | null>>();

  async function readBatches(key: string, after: number): Promise<Entry[][] | null> {
    const stream = streamKey(redis, key);
    const reply = await patiently(redis, () =>
      redis.ask((client) => client.xRange(stream, `${after + 1}-0`, '+', { COUNT: batchesAtOnce })),
    );
    if (reply === undefined) return null;
    if (reply && reply.length > 0) return reply.map(({ message }) => JSON.parse(message['entries'] ?? '[]'));
    return (await redis.ask((client) => client.exists(stream))) === 0 ? null : [];
  }

  async function read(key: string, after: number, limit: number): Promise<readonly Entry[] | null> {
    const found: Entry[] = [];
    for (let cursor = after; found.length < limit; ) {
      const batches = await readBatches(key, cursor);
      if (batches === null) return found.length > 0 ? found : null;
      const entries = batches.flat().filter(({ seq }) => seq > cursor);
      found.push(...entries.filter((_, index) => found.length + index < limit));
      cursor = entries.at(-1)?.seq ?? cursor;
      if (batches.length < batchesAtOnce) break;
    }
    return found;
  }

  return {
    read(key, after, limit) {
      const place = `${key} ${after} ${limit}`;
      const known = reading.get(place);
      if (known) return known;
      const begun = read(key, after, limit).finally(() => reading.delete(place));
      reading.set(place, begun);
      return begun;
    },
    async lastSeq(key) {
      const reply = await redis.ask((client) =>
        client.xRevRange(streamKey(redis, key), '+', '-', { COUNT: 1 }),
      );
      const id = reply?.[0]?.id;
      return id === undefined ? null : Number.parseInt(id, 10);
    },
  };
}

/** Asks again for a while when Redis does not reply. */
async function patiently<T>(redis: Redis, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const reply = await ask();
    if (reply !== undefined || performance.now() >= deadline || !redis.isAway) return reply;
    await delay(retryMs);
  }
}
