import type { Entry } from '../append-log.ts';
import type { OwnedLog } from '../owned-log.ts';

interface Log<Body> {
  entries: Entry<Body>[];
  /** The seq before that of the first entry that was ever appended. */
  base: number;
  expiry?: NodeJS.Timeout;
}

export interface MemoryLogOptions {
  /** At least this many of the newest entries per key are kept. Default: all. */
  maxEntries?: number;
  /** Called when a log has been deleted because its time was over. */
  onExpired?: (key: string) => void;
}

/** Logs in the memory of this process. They are lost when it ends. */
export function createMemoryLog<Body extends object>({
  maxEntries = Number.POSITIVE_INFINITY,
  onExpired,
}: MemoryLogOptions = {}): OwnedLog<Body> & Disposable {
  const logs = new Map<string, Log<Body>>();
  const drop = (key: string) => {
    clearTimeout(logs.get(key)?.expiry);
    logs.delete(key);
  };
  const lastOf = ({ entries, base }: Log<Body>) => entries.at(-1)?.seq ?? base;
  function append(key: string, body: Body): Entry<Body> {
    let log = logs.get(key);
    if (log === undefined) {
      log = { entries: [], base: 0 };
      logs.set(key, log);
    }
    // A copy would take longer than everything else here.
    const entry = body as Entry<Body>;
    entry.seq = lastOf(log) + 1;
    entry.at = Date.now();
    log.entries.push(entry);
    if (log.entries.length > maxEntries * 2) log.entries.splice(0, log.entries.length - maxEntries);
    log.expiry?.refresh();
    return entry;
  }
  return {
    append,
    read(key, after, limit) {
      const log = logs.get(key);
      if (log === undefined) return null;
      const first = log.entries[0]?.seq ?? log.base + 1;
      const start = Math.max(0, after + 1 - first);
      return log.entries.slice(start, start + limit);
    },
    async lastSeq(key) {
      const log = logs.get(key);
      return log === undefined ? null : lastOf(log);
    },
    async expire(key, ttlMs) {
      const log = logs.get(key);
      if (log === undefined) return;
      clearTimeout(log.expiry);
      log.expiry = setTimeout(() => {
        logs.delete(key);
        onExpired?.(key);
      }, ttlMs).unref();
    },
    open(key, { lastSeq }) {
      const log = logs.get(key);
      if (log !== undefined && lastOf(log) >= lastSeq) return;
      // The seqs of a log have no holes, so entries before a jump cannot stay.
      drop(key);
      logs.set(key, { entries: [], base: lastSeq });
    },
    isOpen: (key) => logs.has(key),
    abandon: drop,
    async begin(key, body) {
      if (!logs.has(key)) append(key, body);
    },
    [Symbol.dispose]() {
      for (const key of [...logs.keys()]) drop(key);
    },
  };
}
