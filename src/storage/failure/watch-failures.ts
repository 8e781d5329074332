import type { SqlDriverAdapter, Transaction } from '@prisma/driver-adapter-utils';
import { storageFailure } from './storage-failure.ts';

/** How long a failure counts, in milliseconds. Without an end, a gateway that gets no requests would never recover. */
const rememberMs = 10_000;

/** Remembers whether the disk or another program made a statement fail lately. */
export class RecentFailure {
  #failure: { reason: string; at: number } | undefined;

  /** Why a statement failed in the last 10 seconds, unless a transaction was committed since. */
  get reason(): string | undefined {
    if (this.#failure === undefined || performance.now() - this.#failure.at > rememberMs) return undefined;
    return this.#failure.reason;
  }

  note(error: unknown): void {
    const reason = storageFailure(error);
    if (reason !== undefined) this.#failure = { reason, at: performance.now() };
  }

  clear(): void {
    this.#failure = undefined;
  }
}

/** Notes the failures of a connection and its transactions. */
export function watchFailures(connection: SqlDriverAdapter, recent: RecentFailure): SqlDriverAdapter {
  const watch =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      try {
        return await work(...args);
      } catch (error) {
        recent.note(error);
        throw error;
      }
    };
  const watchTransaction = (transaction: Transaction): Transaction => ({
    ...transaction,
    queryRaw: watch(transaction.queryRaw),
    executeRaw: watch(transaction.executeRaw),
    commit: watch(async () => {
      await transaction.commit();
      recent.clear();
    }),
  });
  return {
    ...connection,
    queryRaw: watch(connection.queryRaw),
    executeRaw: watch(connection.executeRaw),
    executeScript: watch(connection.executeScript),
    startTransaction: watch(async (level) => watchTransaction(await connection.startTransaction(level))),
  };
}
