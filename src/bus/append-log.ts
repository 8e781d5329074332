/** What a log adds to a body: its place, and when it was appended (milliseconds since the epoch). */
export type Entry<Body> = Body & { seq: number; at: number };

/** Append-only logs, one per key, each with its own growing `seq`. */
export interface AppendLog<Body extends object> {
  /** Appends with the next seq: 1, 2, 3 … without gaps; a key that comes back after it expired starts again. */
  append(key: string, body: Body): Promise<Entry<Body>>;
  /**
   * Up to `limit` entries with a seq above `after`, oldest first; null where there is no such log, because
   * it never began or has expired. The first entry's seq is above `after + 1` where older ones were dropped.
   */
  read(key: string, after: number, limit: number): Promise<readonly Entry<Body>[] | null>;
  /** The seq of the newest entry; null where there is no such log. */
  lastSeq(key: string): Promise<number | null>;
  /** Forgets the log once `ttlMs` have passed with nothing appended to it. */
  expire(key: string, ttlMs: number): Promise<void>;
}
