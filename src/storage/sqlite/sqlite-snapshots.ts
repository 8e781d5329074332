import Sqlite from 'better-sqlite3';
import type { Snapshots } from '../database.ts';
import { connectionWriter } from './sqlite-statements.ts';

/** How long to wait for another process that has the whole file locked, in milliseconds. */
const busyMs = 5_000;

/** Transactions that only read. Writers go on meanwhile, and the write-ahead log keeps what they write. */
export function openSqliteSnapshots(file: string): Snapshots {
  const connection = new Sqlite(file, { readonly: true, timeout: busyMs });
  const reader = connectionWriter(connection, () => {});
  return {
    async read(work) {
      connection.exec('BEGIN');
      try {
        return await work(reader);
      } finally {
        connection.exec('COMMIT');
      }
    },
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}
