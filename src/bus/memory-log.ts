import type { AppendLog, Entry } from './append-log.ts';

interface Log<Body> {
  entries: Entry<Body>[];
  expiry?: NodeJS.Timeout;
}

export interface MemoryLogOptions {
  /** At least this many of the newest entries per key are kept. Default: all. */
  maxEntries?: number;
}

/** Logs in the memory of this process. They are lost when it ends. */
export function createMemoryLog<Body extends object>({
  maxEntries = Number.POSITIVE_INFINITY,
}: MemoryLogOptions = {}): AppendLog<Body> & Disposable {
  const logs = new Map<string, Log<Body>>();
  return {
    append(key, body) {
      let log = logs.get(key);
      if (log === undefined) {
        log = { entries: [] };
        logs.set(key, log);
      }
      const entry = { ...body, seq: (log.entries.at(-1)?.seq ?? 0) + 1, at: Date.now() };
      log.entries.push(entry);
      if (log.entries.length > maxEntries * 2) log.entries.splice(0, log.entries.length - maxEntries);
      log.expiry?.refresh();
      return entry;
    },
    read(key, after, limit) {
      const entries = logs.get(key)?.entries;
      if (entries === undefined) return null;
      const first = entries[0]?.seq ?? 1;
      const start = Math.max(0, after + 1 - first);
      return entries.slice(start, start + limit);
    },
    async lastSeq(key) {
      return logs.get(key)?.entries.at(-1)?.seq ?? null;
    },
    async expire(key, ttlMs) {
      const log = logs.get(key);
      if (log === undefined) return;
      clearTimeout(log.expiry);
      log.expiry = setTimeout(() => logs.delete(key), ttlMs).unref();
    },
    [Symbol.dispose]() {
      for (const log of logs.values()) clearTimeout(log.expiry);
      logs.clear();
    },
  };
}
