import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';

type Connection = Awaited<ReturnType<PrismaBetterSqlite3['connect']>>;
type AdapterFactory = Pick<PrismaBetterSqlite3, 'provider' | 'adapterName' | 'connect'>;
type Transaction = Awaited<ReturnType<Connection['startTransaction']>>;

/**
 * Prisma's adapter for better-sqlite3, with transactions that are isolated from other statements.
 *
 * There is one connection. With Prisma's own adapter, a statement that arrives while a transaction is open runs inside
 * that transaction, so a rollback undoes acknowledged writes of others. Here such statements wait until the transaction
 * has ended, first come, first served. A transaction must therefore use only its own client: a statement on the main
 * client would wait for the transaction, and the transaction for the statement.
 */
export function createSqliteAdapter(options: { file: string; busyTimeoutMs: number }): AdapterFactory {
  const factory = new PrismaBetterSqlite3({ url: options.file, timeout: options.busyTimeoutMs });
  let closed = false;
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect(): Promise<Connection> {
      // Prisma connects again when a query comes after `$disconnect()`.
      if (closed) throw new Error('The database is closed.');
      const connection = await factory.connect();
      await connection.executeScript('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
      return isolateTransactions(connection, () => {
        closed = true;
      });
    },
  };
}

function isolateTransactions(connection: Connection, onClose: () => void): Connection {
  const acquire = createLock();
  async function alone<T>(statement: () => Promise<T>): Promise<T> {
    const release = await acquire();
    try {
      return await statement();
    } finally {
      release();
    }
  }
  return {
    provider: connection.provider,
    adapterName: connection.adapterName,
    queryRaw: (query) => alone(() => connection.queryRaw(query)),
    executeRaw: (query) => alone(() => connection.executeRaw(query)),
    executeScript: (script) => alone(() => connection.executeScript(script)),
    dispose() {
      onClose();
      return alone(() => connection.dispose());
    },
    async startTransaction() {
      const release = await acquire();
      try {
        // IMMEDIATE takes the write lock now and waits for other processes. Later, a lock that is held would be an error.
        await connection.executeScript('BEGIN IMMEDIATE');
      } catch (error) {
        release();
        throw error;
      }
      return createTransaction(connection, release);
    },
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

/** Creates a lock: `acquire` resolves, first come, first served, with the function that releases the lock. */
function createLock(): () => Promise<() => void> {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    let release = () => {};
    last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  };
}
