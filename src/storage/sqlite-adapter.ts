import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';

type Connection = Awaited<ReturnType<PrismaBetterSqlite3['connect']>>;
type AdapterFactory = Pick<PrismaBetterSqlite3, 'provider' | 'adapterName' | 'connect'>;
type Transaction = Awaited<ReturnType<Connection['startTransaction']>>;

/**
 * Prisma's adapter for better-sqlite3, with transactions that are isolated from the rest of the gateway.
 *
 * There is one connection. Prisma's own adapter runs whatever else arrives while a transaction is open
 * inside that transaction, so that its rollback takes acknowledged writes of others with it. Here everything
 * outside waits until the transaction has ended, in the order of arrival. It follows that a transaction must
 * use nothing but its own client: waiting for another statement within it would wait for itself.
 */
export function createSqliteAdapter(options: { file: string; busyTimeoutMs: number }): AdapterFactory {
  const factory = new PrismaBetterSqlite3({ url: options.file, timeout: options.busyTimeoutMs });
  let closed = false;
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect(): Promise<Connection> {
      // Prisma would connect again for whatever comes after `$disconnect()`.
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
        // Taking the write lock at once means waiting for another process here, instead of failing later.
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
      // Some failures of a statement have rolled back already, and SQLite objects to doing it again.
    }
  }
  return {
    provider: connection.provider,
    adapterName: connection.adapterName,
    // With Prisma sending COMMIT itself, a COMMIT that fails would leave the transaction open for good.
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

/** A lock that is granted in the order in which it was asked for, by handing over its release. */
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
