import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Reader, Statements } from './statements/statement.ts';

/** The gateway's database. It emits a `query` event for each SQL statement. */
export type Database = PrismaClient<'query'>;

/** Disposing closes the connections; later queries fail. */
export interface OpenDatabase extends AsyncDisposable {
  readonly db: Database;
  /** The prepared statements of the hot paths, over the same database. */
  readonly statements: Statements;
  /** Says why the database cannot be used; undefined if it can. Never rejects. */
  check(): Promise<string | undefined>;
}

/** Reads the database as it is at one moment, on a connection of its own. Disposing closes it. */
export interface Snapshots extends AsyncDisposable {
  /** All that `work` reads is as it was at its first statement. Nobody waits for it, and it must not write. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>;
}
