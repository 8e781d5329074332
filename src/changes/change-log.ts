import type { Bus } from '../bus/bus.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { type ChangeOwner, insertChanges } from '../storage/statements/changes.ts';
import { toPostgres } from '../storage/statements/dialect.ts';
import type { Dialect, Writer } from '../storage/statements/statement.ts';
import type { NewChange } from './change.ts';
import { topicsOf } from './change-scope.ts';

export interface ChangeLogOptions {
  dialect: Dialect;
  bus: Bus;
}

/** Writes changes, with the transactions that make them, and tells followers to look. */
export class ChangeLog {
  readonly #bus: Bus;
  readonly #sql: string;

  constructor({ dialect, bus }: ChangeLogOptions) {
    this.#bus = bus;
    this.#sql = dialect === 'sqlite' ? insertChanges.sql : toPostgres(insertChanges.sql);
  }

  /**
   * Writes changes within a transaction, with one statement.
   *
   * @returns Who is to be told when the transaction is committed: pass it to `ring` then.
   */
  async write(tx: Writer, changes: readonly NewChange[]): Promise<ChangeOwner[]> {
    return changes.length === 0 ? [] : tx.all(insertChanges, [new Date(), toJson(changes)]);
  }

  /** `write` for a transaction of Prisma. */
  async writeWithin(
    tx: Pick<Prisma.TransactionClient, '$queryRawUnsafe'>,
    changes: readonly NewChange[],
  ): Promise<ChangeOwner[]> {
    if (changes.length === 0) return [];
    const owners = await tx.$queryRawUnsafe<ChangeOwner[]>(this.#sql, new Date(), toJson(changes));
    // SQLite's numbers come as BigInt.
    return owners.map(({ sessionId, userId }) => ({
      userId,
      sessionId: sessionId === null ? null : Number(sessionId),
    }));
  }

  /** Tells the followers of these sessions and users to look. A ring that is lost costs time, never a change. */
  ring(owners: readonly ChangeOwner[]): void {
    for (const topic of new Set(owners.flatMap(topicsOf))) this.#bus.ring(topic);
  }
}

function toJson(changes: readonly NewChange[]): string {
  return JSON.stringify(
    changes.map((change, n) => {
      const { kind, sessionId, userId, ...payload } = change;
      return { n, sessionId, userId, kind, payload };
    }),
  );
}
