import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { watchWal } from '../../../src/storage/sqlite/watch-wal.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';

test('a write-ahead log that a reader of another connection lets grow is warned of once for each doubling', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'switchyard.db');
  const writer = new Sqlite(file);
  writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE "Text" ("value" TEXT)');
  const reader = new Sqlite(file);
  reader.exec('BEGIN; SELECT count(*) FROM "Text"');

  const lines: { msg: string; walBytes: number }[] = [];
  const log = createLog({
    level: 'warn',
    format: 'json',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const warnBytes = 1_000_000;
  using _ = watchWal({ file, log, everyMs: 5, warnBytes });
  const grow = () => writer.prepare('INSERT INTO "Text" VALUES (?)').run('x'.repeat(1_100_000));
  grow();
  await expect.poll(() => lines).toHaveLength(1);
  grow();
  grow();
  await expect.poll(() => lines).toHaveLength(2);

  expect(lines[0]?.msg).toContain('the -wal file of the database keeps growing');
  expect(lines[1]?.walBytes).toBeGreaterThan(2 * warnBytes);
  reader.close();
  writer.close();
});
