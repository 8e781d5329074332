import { storageFailure } from '../storage/failure/storage-failure.ts';
import type { ChangePosition, ChangeRow } from '../storage/statements/changes.ts';
import type { Reader } from '../storage/statements/statement.ts';
import { type Change, changeOfRow } from './change.ts';
import type { ChangeScope } from './change-scope.ts';
import { readHorizon } from './open-transactions.ts';

/** Changes that are read at once. */
const pageSize = 100;
/** Reads that are kept for other followers at the same position. */
const keptReads = 16;
/** Milliseconds until a change that is held back is looked for again, at first and at most. */
const [firstHeldMs, longestHeldMs] = [5, 100];
/** From this wait on, only the transactions of this database count. Most of a gateway have ended before. */
const horizonMs = 20;

/**
 * The newest changes of one scope, for all its followers on this gateway: those who ask for the same page at the same time
 * share one statement, and get the same objects.
 */
export class ChangeTail {
  readonly #reader: Reader;
  readonly #scope: ChangeScope;
  readonly #reads = new Map<string, Promise<readonly Change[]>>();
  #waiting: (() => void)[] = [];
  #held: NodeJS.Timeout | undefined;
  #heldMs = firstHeldMs;
  #version = 0;

  constructor(reader: Reader, scope: ChangeScope) {
    this.#reader = reader;
    this.#scope = scope;
  }

  /** Counts the times at which there may have been new changes. Read it before `read`, and pass it to `changed`. */
  get version(): number {
    return this.#version;
  }

  /** The next changes behind a position, at most a page; empty if there are none yet. */
  read(after: ChangePosition): Promise<readonly Change[]> {
    const key = `${after.transactionId}:${after.id}`;
    const known = this.#reads.get(key);
    if (known) return known;
    const reading = this.#read(after);
    this.#reads.set(key, reading);
    const [oldest] = this.#reads.keys();
    if (this.#reads.size > keptReads && oldest !== undefined) this.#reads.delete(oldest);
    reading.catch(() => this.#reads.delete(key));
    return reading;
  }

  /** Resolves when there may be new changes since that version, or the signal aborts. */
  changed(version: number, signal: AbortSignal): Promise<void> {
    if (version !== this.#version || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake);
      this.#waiting.push(wake);
    });
  }

  /** Lets all followers look. */
  wake(): void {
    clearTimeout(this.#held);
    this.#held = undefined;
    this.#version += 1;
    this.#reads.clear();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #read({ transactionId, id }: ChangePosition): Promise<readonly Change[]> {
    const { statement, parameters } = this.#scope;
    let rows: ChangeRow[];
    let horizon = 0;
    try {
      if (this.#heldMs >= horizonMs) horizon = await readHorizon(this.#reader);
      rows = await this.#reader.all(statement, [...parameters, transactionId, id, pageSize]);
    } catch (error) {
      if (storageFailure(error) === undefined) throw error;
      // The changes are still there when the database is back. Its failure is logged by the poll.
      this.#lookAgain();
      return [];
    }
    const open = rows.findIndex((row) => !row.isSettled && row.transactionId >= horizon);
    if (open === -1) {
      this.#heldMs = firstHeldMs;
      return rows.map(changeOfRow);
    }
    this.#lookAgain();
    return rows.slice(0, open).map(changeOfRow);
  }

  /** For a change that waits for an earlier transaction, and for a failed read: no ring tells when either is over. */
  #lookAgain(): void {
    if (this.#held) return;
    this.#held = setTimeout(() => this.wake(), this.#heldMs).unref();
    this.#heldMs = Math.min(longestHeldMs, this.#heldMs * 2);
  }

  [Symbol.dispose](): void {
    this.wake();
  }
}
