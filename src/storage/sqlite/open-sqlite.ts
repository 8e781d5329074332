import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { Logger } from 'pino';
import { createLock } from '../../base/lock.ts';
import { StartupError } from '../../config/startup-error.ts';
import { PrismaClient } from '../../generated/prisma/client.ts';
import type { Database, OpenDatabase } from '../database.ts';
import { checkDatabase } from '../failure/check-database.ts';
import { isSqliteBusy, sqliteReason } from '../failure/sqlite-error.ts';
import { RecentFailure } from '../failure/watch-failures.ts';
import { readMigrations } from '../migrations/migrations.ts';
import { createPrivateFile } from './create-private-file.ts';
import { databaseFile } from './database-file.ts';
import { lookAtFile } from './look-at-file.ts';
import { migrate, pendingMigrations } from './migrate-sqlite.ts';
import { createRetryBusy } from './retry-busy.ts';
import { createSqliteAdapter } from './sqlite-adapter.ts';
import { openSqliteStatements } from './sqlite-statements.ts';
import { watchWal } from './watch-wal.ts';

/** Milliseconds to wait while another process (a backup, a migration) locks the file. */
const busyTimeoutMs = 5_000;

/**
 * Opens the SQLite file that a `file:` URL names, and applies the missing migrations. If the file or its folder is
 * missing, it is created. An acknowledged write survives a power cut (WAL,
 * `synchronous=FULL`). Disposing closes the file; later queries fail.
 *
 * @throws StartupError if the file cannot be used.
 */
export async function openSqlite({ url, log }: { url: string; log: Logger }): Promise<OpenDatabase> {
  const file = databaseFile(url);
  const applied = await prepareFile(file);
  if (applied.length > 0) log.info({ file, migrations: applied }, 'database migrated');
  const recent = new RecentFailure();
  const shared = { file, recent, acquire: createLock(), retryBusy: createRetryBusy(busyTimeoutMs) };
  const adapter = createSqliteAdapter(shared);
  const options = {
    adapter,
    log: [{ emit: 'event' as const, level: 'query' as const }],
    // Milliseconds. Transactions wait for the one connection, and a thousand chats may start at once.
    transactionOptions: { maxWait: 15_000, timeout: 15_000 },
  };
  // It connects with its first statement: a start that has nothing to finish does without its query compiler.
  const db: Database = new PrismaClient<typeof options>(options);
  const statements = openSqliteStatements(shared);
  const wal = watchWal({ file, log });
  return {
    db,
    statements,
    check: () =>
      checkDatabase({
        ...{ statements, recent },
        look: () => lookAtFile(file),
        reasonOf: () => 'its file cannot be read',
      }),
    async [Symbol.asyncDispose]() {
      wal[Symbol.dispose]();
      statements.close();
      adapter.close();
      await db.$disconnect();
    },
  };
}

/** Creates the file if it is missing, and returns the names of the migrations that were applied. */
async function prepareFile(file: string): Promise<string[]> {
  const migrations = readMigrations();
  try {
    // Only the owner may read messages, even in a shared folder. SQLite gives the `-wal` and `-shm` files the same mode.
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    createPrivateFile(file);
    const connection = new Sqlite(file, { timeout: busyTimeoutMs });
    try {
      // A database that must not be used stays as it is.
      pendingMigrations(connection, migrations);
      // Before the migrations: with a rollback journal, each would wait for the disk several times.
      await switchToWal(connection);
      return migrate(connection, migrations);
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The database ${file} cannot be opened: ${sqliteReason(error)}.`, {
      cause: error,
    });
  }
}

/** Retries until `busyTimeoutMs` is over, because SQLite does not wait for other processes in this statement. */
async function switchToWal(connection: Sqlite.Database): Promise<void> {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      connection.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!isSqliteBusy(error) || performance.now() >= deadline) throw error;
    }
    await setTimeout(20);
  }
}
