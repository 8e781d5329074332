import type { Redis } from './redis.ts';
import { ringChannel } from './redis-bus.ts';
import { runShipScript, type ShipReply } from './ship-batch.ts';

/** How long entries wait for others that are shipped with them, in milliseconds. */
const gatherMs = 3;
/** Milliseconds until entries are shipped again that Redis did not take. */
const retryMs = 250;
/** Most entries in a batch. */
const maxEntries = 500;
/** How long Redis keeps a log to which nothing is added and that has not ended, in milliseconds: a day. */
const liveMs = 86_400_000;

export interface ShipperOptions<Entry> {
  redis: Redis;
  gatewayId: string;
  maxBatches: number;
  /** Reads the entries of a log that this gateway writes. */
  read: (key: string, after: number, limit: number) => readonly Entry[];
}

interface OpenShipment {
  fence: number;
  /** The seq before the first of the log. */
  base: number;
  /** Called once when another gateway has begun to write the log. */
  onFenced: () => void;
}

interface Shipment extends OpenShipment {
  /** The seq of the newest entry that Redis has. */
  shipped: number;
  ttlMs: number;
}

/** The key of a log in Redis. */
export function streamKey({ prefix }: Redis, key: string): string {
  return `${prefix}:log:${key}`;
}

/** Ships logs to Redis, those of all keys together every few milliseconds. Disposing ships what is left, once. */
export interface LogShipper<Entry> extends AsyncDisposable {
  open(key: string, options: OpenShipment): void;
  /** To be called when an entry was appended. */
  add(key: string): void;
  /** Lets Redis delete the log when nothing has been added for `ttlMs` milliseconds. */
  expire(key: string, ttlMs: number): void;
  /** Ships a first entry of a log that is not open. */
  begin(key: string, entry: Entry): Promise<void>;
  forget(key: string): void;
}

export function createLogShipper<Entry extends { seq: number }>(
  options: ShipperOptions<Entry>,
): LogShipper<Entry> {
  const { redis, gatewayId, maxBatches, read } = options;
  const shipments = new Map<string, Shipment>();
  const grown = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;

  function send(key: string, shipment: Shipment, entries: readonly Entry[]): Promise<ShipReply | undefined> {
    const { fence, base, ttlMs } = shipment;
    const [first, last] = [entries[0]?.seq ?? 0, entries.at(-1)?.seq ?? 0];
    const sizes = [fence, base, first, last, JSON.stringify(entries), maxBatches, ttlMs].map(String);
    const channel = `${redis.prefix}:${ringChannel(key)}`;
    const input = { keys: [streamKey(redis, key)], arguments: [...sizes, channel, gatewayId] };
    return redis.ask((client) => runShipScript(client, input));
  }

  /** Ships the next batch of a log. */
  async function ship(key: string): Promise<void> {
    const shipment = shipments.get(key);
    if (shipment === undefined) return;
    const entries = read(key, shipment.shipped, maxEntries);
    if (entries.length === 0) return;
    const reply = await send(key, shipment, entries);
    if (shipments.get(key) !== shipment) return;
    if (reply === undefined) {
      grown.add(key);
      return;
    }
    const [word, lastSeq] = reply;
    if (word === 'FENCED') {
      shipments.delete(key);
      shipment.onFenced();
      return;
    }
    // When Redis has lost entries, they are shipped again from memory.
    shipment.shipped = Math.max(lastSeq, shipment.base);
    if (word === 'BEHIND' || entries.length === maxEntries) grown.add(key);
  }

  async function shipAll(): Promise<void> {
    const keys = [...grown];
    grown.clear();
    await Promise.all(keys.map(ship));
  }
  function schedule(): void {
    if (timer !== undefined || round !== undefined) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        round = shipAll().finally(() => {
          round = undefined;
          if (grown.size > 0) schedule();
        });
      },
      redis.isAway ? retryMs : gatherMs,
    );
  }
  const add = (key: string) => {
    grown.add(key);
    schedule();
  };

  return {
    open(key, opened) {
      if (shipments.get(key)?.fence === opened.fence) return;
      shipments.set(key, { ...opened, shipped: opened.base, ttlMs: liveMs });
    },
    add,
    expire(key, ttlMs) {
      const shipment = shipments.get(key);
      if (shipment === undefined) return;
      shipment.ttlMs = ttlMs;
      if (grown.has(key)) return;
      void redis.ask((client) => client.pExpire(streamKey(redis, key), ttlMs));
    },
    async begin(key, entry) {
      const shipment = { fence: 0, base: 0, shipped: 0, ttlMs: liveMs, onFenced: () => undefined };
      await send(key, shipment, [entry]);
    },
    forget(key) {
      shipments.delete(key);
      grown.delete(key);
    },
    async [Symbol.asyncDispose]() {
      await round;
      clearTimeout(timer);
      if (grown.size > 0) await shipAll();
      clearTimeout(timer);
      shipments.clear();
    },
  };
}
