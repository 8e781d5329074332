/** A body with what the log adds: its `seq`, and the time of appending in milliseconds since the Unix epoch. */
export type Entry<Body> = Body & { seq: number; at: number };

/** Append-only logs, one per key, each with its own growing `seq`. */
export interface AppendLog<Body extends object> {
  /**
   * Appends with the next seq: 1, 2, 3 … without gaps. After a log has expired, its key starts at 1 again. A log in
   * memory returns the entry at once, because every delta of every run is appended. There the body becomes the entry,
   * so it must be an object that nobody else uses.
   */
  append(key: string, body: Body): Entry<Body> | Promise<Entry<Body>>;
  /**
   * Returns up to `limit` entries with a seq above `after`, oldest first; null if there is no such log, because it
   * never began or has expired. If older entries were dropped, the first seq is above `after + 1`. A log in memory
   * returns them at once, because a run has thousands of entries and each of its followers reads all of them.
   */
  read(
    key: string,
    after: number,
    limit: number,
  ): readonly Entry<Body>[] | null | Promise<readonly Entry<Body>[] | null>;
  /** The seq of the newest entry; null if there is no such log. */
  lastSeq(key: string): Promise<number | null>;
  /** Deletes the log when nothing has been appended to it for `ttlMs` milliseconds. */
  expire(key: string, ttlMs: number): Promise<void>;
}
