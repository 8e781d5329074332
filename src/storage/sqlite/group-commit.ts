import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database as Connection } from 'better-sqlite3';
import { shareTurn } from '../../base/share-turn.ts';
import type { MaybePromise, Writer } from '../statements/statement.ts';

export interface GroupCommitOptions {
  writing: Connection;
  /** Runs statements on that connection. */
  writer: Writer;
  /** Waits until no transaction of Prisma's connection is open, and returns the function that lets the next one begin. */
  acquire: () => Promise<() => void>;
}

type Work<T> = (writer: Writer) => MaybePromise<T>;

interface Member {
  work: Work<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Most transactions that share a commit. Together they take a few milliseconds, in which no other request is served. */
const largestGroup = 50;

/**
 * Runs transactions one after the other. Those that wait at the same time share one commit, because a commit waits for
 * the disk (`synchronous=FULL`), and the event loop with it: some milliseconds, where the statements of a transaction
 * take some tenths of one.
 *
 * A transaction resolves only after the commit. One that throws is rolled back alone, to a savepoint, and the others are
 * committed. When the commit itself fails, all of the group fail.
 */
export function createGroupCommit({ writing, writer, acquire }: GroupCommitOptions) {
  const [begin, commit, rollback, save, undo, keep] = [
    // IMMEDIATE takes the write lock now. A later statement could not wait for a lock that another process holds.
    'BEGIN IMMEDIATE',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT "member"',
    'ROLLBACK TO "member"',
    'RELEASE "member"',
  ].map((sql) => {
    const statement = writing.prepare(sql);
    return () => void statement.run();
  }) as [() => void, () => void, () => void, () => void, () => void, () => void];
  let waiting: Member[] = [];
  let isRunning = false;

  /** Returns how the member is to be settled after the commit. */
  async function run({ work, resolve, reject }: Member): Promise<() => void> {
    save();
    try {
      const value = await work(writer);
      keep();
      return () => resolve(value);
    } catch (error) {
      // Some failures, such as a full disk, have rolled back the whole transaction already.
      if (!writing.inTransaction) throw error;
      undo();
      keep();
      return () => reject(error);
    }
  }

  /** The same without a savepoint. Rejects if the work throws. */
  async function runAlone({ work, resolve }: Member): Promise<() => void> {
    const value = await work(writer);
    return () => resolve(value);
  }

  async function runGroup(members: readonly Member[]): Promise<void> {
    const settled: (() => void)[] = [];
    try {
      begin();
      // A transaction that is alone is rolled back as a whole, and needs no savepoint.
      const [only, another] = members;
      if (only && !another) settled.push(await runAlone(only));
      else for (const member of members) settled.push(await run(member));
      commit();
    } catch (error) {
      if (writing.inTransaction) rollback();
      for (const { reject } of members) reject(error);
      return;
    }
    for (const settle of settled) settle();
  }

  async function runWaiting(): Promise<void> {
    while (waiting.length > 0) {
      // The requests that have arrived with this one get to their transactions before the group begins.
      await nextTurn();
      const release = await acquire();
      await shareTurn();
      const members = waiting.slice(0, largestGroup);
      waiting = waiting.slice(largestGroup);
      try {
        await runGroup(members);
      } finally {
        release();
      }
    }
    isRunning = false;
  }

  return <T>(work: Work<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as Member['resolve'], reject });
      if (isRunning) return;
      isRunning = true;
      void runWaiting();
    });
}
