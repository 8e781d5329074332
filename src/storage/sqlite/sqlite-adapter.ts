import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { shareTurn } from '../../base/share-turn.ts';
import { type RecentFailure, watchFailures } from '../failure/watch-failures.ts';
import type { RetryBusy } from './retry-busy.ts';

type Connection = Awaited<ReturnType<PrismaBetterSqlite3['connect']>>;
type AdapterFactory = Pick<PrismaBetterSqlite3, 'provider' | 'adapterName' | 'connect'>;
type SqlQuery = Parameters<Connection['queryRaw']>[0];
type Transaction = Awaited<ReturnType<Connection['startTransaction']>>;

export interface SqliteAdapterOptions {
  /** The path of the database file. */
  file: string;
  /** Waits until no other connection has a transaction open, and returns the function that lets the next one begin. */
  acquire: () => Promise<() => void>;
  retryBusy: RetryBusy;
  /** Gets the failures that the disk or another program causes. */
  recent: RecentFailure;
}

/**
 * Bytes to which SQLite shortens the write-ahead log when all of it is in the database. Otherwise the file would keep
 * the greatest length it ever had, for instance beside a long backup.
 */
const walBytes = 33_554_432;

/** What each connection that writes must set. */
export const writerPragmas = `PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = ${walBytes};`;

/**
 * Prisma's adapter for better-sqlite3, with transactions that are isolated from other statements, and with waits that
 * do not block the event loop.
 *
 * There is one connection. With Prisma's own adapter, a statement that arrives while a transaction is open runs inside
 * that transaction, so a rollback undoes acknowledged writes of others. Here such statements wait until the transaction
 * has ended, first come, first served. A transaction must therefore use only its own client: a statement on the main
 * client would wait for the transaction, and the transaction for the statement.
 *
 * A statement that finds the database locked by another process waits as `retryBusy` says. Other statements, such as
 * reads, run meanwhile.
 *
 * `close` lets no connection be opened any more.
 */
export function createSqliteAdapter({
  file,
  acquire,
  retryBusy,
  recent,
}: SqliteAdapterOptions): AdapterFactory & { close(): void } {
  // SQLite's own wait for a lock (`timeout`) would block the event loop.
  const factory = new PrismaBetterSqlite3({ url: file, timeout: 0 });
  let closed = false;
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect(): Promise<Connection> {
      // Prisma connects with its first query, and again when one comes after `$disconnect()`.
      if (closed) throw new Error('The database is closed.');
      const connection = shareEventLoop(await factory.connect());
      await retryBusy(() => connection.executeScript(writerPragmas));
      return watchFailures(isolateTransactions(connection, { acquire, retryBusy }), recent);
    },
    close() {
      closed = true;
    },
  };
}

/** Lets other work run before a statement, when the statements before it have held the event loop for too long. */
function shareEventLoop(connection: Connection): Connection {
  const inTurn =
    <A, T>(statement: (argument: A) => Promise<T>) =>
    async (argument: A): Promise<T> => {
      await shareTurn();
      return statement(argument);
    };
  return {
    provider: connection.provider,
    adapterName: connection.adapterName,
    queryRaw: inTurn((query: SqlQuery) => connection.queryRaw(query)),
    executeRaw: inTurn((query: SqlQuery) => connection.executeRaw(query)),
    executeScript: inTurn((script: string) => connection.executeScript(script)),
    dispose: () => connection.dispose(),
    startTransaction: (isolationLevel) => connection.startTransaction(isolationLevel),
  };
}

function isolateTransactions(
  connection: Connection,
  { acquire, retryBusy }: Pick<SqliteAdapterOptions, 'acquire' | 'retryBusy'>,
): Connection {
  /** Runs a statement while no transaction is open. It holds no lock while it waits for another process. */
  const alone = <T>(statement: () => Promise<T>) =>
    retryBusy(async () => {
      const release = await acquire();
      try {
        return await statement();
      } finally {
        release();
      }
    });
  return {
    provider: connection.provider,
    adapterName: connection.adapterName,
    queryRaw: (query) => alone(() => connection.queryRaw(query)),
    executeRaw: (query) => alone(() => connection.executeRaw(query)),
    executeScript: (script) => alone(() => connection.executeScript(script)),
    dispose: () => alone(() => connection.dispose()),
    startTransaction: () =>
      retryBusy(async () => {
        const release = await acquire();
        try {
          // IMMEDIATE takes the write lock now. A later statement could not wait for a lock that another process holds.
          await connection.executeScript('BEGIN IMMEDIATE');
        } catch (error) {
          release();
          throw error;
        }
        return createTransaction(connection, release);
      }),
  };
}

function createTransaction(connection: Connection, release: () => void): Transaction {
  async function rollback(): Promise<void> {
    try {
      await connection.executeScript('ROLLBACK');
    } catch {
      // Some failed statements have rolled back already; SQLite then refuses to roll back again.
    }
  }
  return {
    provider: connection.provider,
    adapterName: connection.adapterName,
    // If Prisma sent COMMIT itself, a COMMIT that fails would leave the transaction open.
    options: { usePhantomQuery: true },
    queryRaw: (query) => connection.queryRaw(query),
    executeRaw: (query) => connection.executeRaw(query),
    createSavepoint: (name) => connection.executeScript(`SAVEPOINT ${name}`),
    rollbackToSavepoint: (name) => connection.executeScript(`ROLLBACK TO ${name}`),
    releaseSavepoint: (name) => connection.executeScript(`RELEASE SAVEPOINT ${name}`),
    async commit() {
      try {
        await connection.executeScript('COMMIT');
      } catch (error) {
        await rollback();
        throw error;
      } finally {
        release();
      }
    },
    async rollback() {
      await rollback();
      release();
    },
  };
}
