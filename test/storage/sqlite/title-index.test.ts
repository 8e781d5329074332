import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migrate } from '../../../src/storage/sqlite/migrate-sqlite.ts';

/** Processor time of a call, in milliseconds. */
function timeOf(act: () => unknown): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

test('no piece of a deletion of many sessions waits for a merge of the index of titles', () => {
  const database = new Sqlite(':memory:');
  onTestFinished(() => void database.close());
  migrate(database, readMigrations());
  database.exec(`INSERT INTO "Session" ("userId", "title", "updatedAt")
    WITH RECURSIVE counter(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < 100000)
    SELECT 'alice', 'Chat ' || number, '2026-01-31T12:00:00.000+00:00' FROM counter`);
  const remove = database.prepare('DELETE FROM "Session" WHERE "id" > ? AND "id" <= ?');
  const times: number[] = [];
  for (let last = 100_000; last > 75_000; last -= 50) times.push(timeOf(() => remove.run(last - 50, last)));

  const found = database.prepare(
    `SELECT count(*) FROM "SessionTitle" WHERE "SessionTitle" MATCH '"t 9" " 99" "999"'`,
  );
  // 999 and 9990 to 9999.
  expect(found.pluck().get()).toBe(11);
  expect(Math.max(...times)).toBeLessThan(50);
});
