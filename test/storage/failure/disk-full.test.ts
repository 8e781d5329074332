import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { isDiskFull } from '../../../src/storage/failure/disk-full.ts';

test.each([
  ['SQLITE_FULL', true],
  ['SQLITE_IOERR_SHMSIZE', true],
  ['SQLITE_IOERR_READ', false],
])('a prepared statement that fails with %s has met a full disk: %s', (code, expected) => {
  expect(isDiskFull(new Sqlite.SqliteError('disk I/O error', code))).toBe(expected);
});
