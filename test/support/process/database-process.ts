/**
 * A script for the storage tests. `open <url>` opens a database, reports the migrations that it applied, and ends.
 * `claim <folder>` claims a data folder and keeps it until the parent disconnects. `stick <file>` migrates a database
 * and stops for ever in the middle of the next migration, after its statements and before they are committed.
 */
import { writeSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { claimDataDir } from '../../../src/storage/sqlite/claim-data-dir.ts';
import { migrate } from '../../../src/storage/sqlite/migrate-sqlite.ts';
import { openSqlite } from '../../../src/storage/sqlite/open-sqlite.ts';

const [, , action, target = ''] = process.argv;

if (action === 'claim') {
  await claimDataDir(target);
  process.send?.('claimed');
  process.once('disconnect', () => process.exit());
} else if (action === 'stick') {
  const connection = new Sqlite(target);
  connection.function('stick', () => {
    writeSync(1, 'stuck');
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
  const stuck = readMigrations().map((each) => ({ ...each, sql: `${each.sql}\n; SELECT stick();` }));
  migrate(connection, stuck);
} else {
  const applied: string[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void applied.push(...JSON.parse(line).migrations) },
  );
  await using database = await openSqlite({ url: target, log });
  await database.db.session.create({ data: { userId: 'alice' } });
  process.send?.(applied);
  process.disconnect();
}
