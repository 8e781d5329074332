import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import type pg from 'pg';
import type { Logger } from 'pino';
import { StartupError } from '../../config/startup-error.ts';
import { claimPostgres } from '../postgres/claim-postgres.ts';
import { withMigrated } from '../postgres/connect-migrated.ts';
import type { PostgresOptions } from '../postgres/postgres-pool.ts';
import { beginCopy, endCopy } from '../postgres/unfinished-copy.ts';
import { claimDataDir } from '../sqlite/claim-data-dir.ts';
import { databaseFile } from '../sqlite/database-file.ts';
import { openSqlite } from '../sqlite/open-sqlite.ts';
import { differenceOf } from './check-table.ts';
import { continueIds, copyTable } from './copy-table.ts';
import { refusedRow } from './refused-row.ts';
import { type SourceTable, sourceTables } from './source-table.ts';

export interface MigrateDataOptions {
  /** A `file:` URL of an SQLite file. No gateway may be using it. It is only read, after its own migrations. */
  from: string;
  to: PostgresOptions;
  /** Gets a line at times. */
  print: (line: string) => void;
  log: Logger;
}

/** Milliseconds between two lines about the same table. */
const printMs = 2_000;

/**
 * Copies all data of an embedded installation to PostgreSQL, and compares both sides. When it is broken off, the next
 * call goes on.
 *
 * @returns The number of rows.
 * @throws StartupError if one of the databases cannot be used, if the target holds other data, if it does not take a
 *   row, or if the two sides differ afterwards.
 */
export async function migrateData({ from, to, print, log }: MigrateDataOptions): Promise<number> {
  const file = databaseFile(from);
  using _folder = await claimDataDir(dirname(file));
  // Brings the file to the newest version.
  await (await openSqlite({ url: from, log }))[Symbol.asyncDispose]();
  await using _database = await claimPostgres(to, log);
  using source = disposable(new Sqlite(file, { readonly: true }), (opened) => opened.close());
  return await withMigrated(to, async (client) => {
    if (await beginCopy(client, file)) print('An earlier copy was broken off: it goes on.');
    const tables = sourceTables(source);
    for (const table of tables) await copy(source, client, table, print);
    print('Comparing both sides.');
    const differences = [];
    for (const table of tables) differences.push(await differenceOf(source, client, table));
    const found = differences.filter((difference) => difference !== undefined);
    if (found.length > 0) throw new StartupError(`The copy is not complete: ${found.join('; ')}.`);
    await endCopy(client);
    return tables.reduce((sum, { rows }) => sum + rows, 0);
  });
}

async function copy(
  source: Sqlite.Database,
  client: pg.Client,
  table: SourceTable,
  print: (line: string) => void,
): Promise<void> {
  let printedAt = performance.now();
  await copyTable(source, client, table, (rows) => {
    if (performance.now() - printedAt < printMs) return;
    printedAt = performance.now();
    print(`${table.name}: ${rows} of ${table.rows}`);
  }).catch((error: unknown) => {
    throw refusedRow(error, table.name);
  });
  await continueIds(client, table);
  print(`${table.name}: ${table.rows} rows`);
}

function disposable<T extends object>(value: T, dispose: (value: T) => void): T & Disposable {
  return Object.assign(value, { [Symbol.dispose]: () => dispose(value) });
}
