import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { readMigrations } from '../../src/storage/migrations/migrations.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { createEarlierDatabase, readAllRows } from '../support/files/earlier-database.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { builtScript } from '../support/suite/built.ts';

const log = pino({ level: 'silent' });
const open = (file: string) => openSqlite({ url: `file:${file}`, log });
const migrationNames = readMigrations().map((migration) => migration.name);

/** Executes SQL on a database file without the gateway. */
function tamper(file: string, sql: string): void {
  const connection = new Sqlite(file);
  connection.exec(sql);
  connection.close();
}

/** Creates a database with one session and closes it. Returns its file. */
async function usedDatabase(folder: string): Promise<string> {
  const file = join(folder, 'switchyard.db');
  await using database = await open(file);
  await database.db.session.create({ data: { userId: 'alice' } });
  return file;
}

test('opening a database creates its folder and file, and the next start finds what was written', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'not', 'there', 'yet.db');
  {
    await using first = await open(file);
    await first.db.session.create({ data: { userId: 'alice' } });
  }
  expect(statSync(join(folder.path, 'not')).mode & 0o777).toBe(0o700);
  await using second = await open(file);
  expect(await second.db.session.findMany({ select: { userId: true } })).toEqual([{ userId: 'alice' }]);
});

test('an acknowledged write is on the disk, and rows never lose their parents', async () => {
  await using folder = await openTemporaryFolder();
  await using database = await open(join(folder.path, 'switchyard.db'));
  const pragma = (name: string) => database.db.$queryRawUnsafe<Record<string, unknown>[]>(`PRAGMA ${name}`);
  expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  expect(await pragma('synchronous')).toMatchObject([{ synchronous: 2n }]);
  expect(await pragma('foreign_keys')).toMatchObject([{ foreign_keys: 1n }]);
  // The adapter waits for locks itself, because SQLite's own wait would block the event loop.
  expect(await pragma('busy_timeout')).toMatchObject([{ timeout: 0n }]);
});

test('every SQL statement can be listened to', async () => {
  await using folder = await openTemporaryFolder();
  await using database = await open(join(folder.path, 'switchyard.db'));
  const statements: string[] = [];
  database.db.$on('query', ({ query }) => void statements.push(query));
  await database.db.session.count();
  expect(statements).toEqual([expect.stringContaining('SELECT COUNT(*)')]);
});

test('the first start applies and logs the migrations, and the second start applies nothing', async () => {
  await using folder = await openTemporaryFolder();
  const lines: string[] = [];
  const url = `file:${join(folder.path, 'switchyard.db')}`;
  const listening = pino({}, { write: (line: string) => void lines.push(line) });
  for (const _start of ['first', 'second']) {
    await using database = await openSqlite({ url, log: listening });
    await database.db.session.count();
  }
  expect(lines.map((line) => JSON.parse(line).migrations)).toEqual([migrationNames]);
});

test('processes that race for a new file all succeed, and each migration is applied once', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'switchyard.db');
  const racers = await Promise.all(
    ['one', 'two', 'three'].map(async () => {
      const racer = fork(builtScript('database-process'), ['open', `file:${file}`], { execArgv: [] });
      let applied: unknown;
      racer.once('message', (message) => {
        applied = message;
      });
      // It closes after its last message. A racer that fails sends no message.
      const [exitCode] = await once(racer, 'close');
      return { applied, exitCode };
    }),
  );
  expect(racers.map((racer) => racer.exitCode)).toEqual([0, 0, 0]);
  expect(racers.flatMap((racer) => racer.applied)).toEqual(migrationNames);
  await using database = await open(file);
  expect(await database.db.session.count()).toBe(3);
});

const earlier = migrationNames.slice(0, -1);

test.each(earlier)('an upgrade from the database of %s keeps every row, and happens once', async (last) => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'switchyard.db');
  createEarlierDatabase(file, last);
  const before = readAllRows(file);
  expect(Object.values(before).every((rows) => rows.length === 1)).toBe(true);

  for (const _start of ['first', 'second']) await (await open(file))[Symbol.asyncDispose]();

  // A new column is allowed, a changed or missing value is not.
  expect(readAllRows(file)).toMatchObject(before);
});

test('an upgrade that is killed in the middle of a migration changes nothing, and the next start completes it', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'switchyard.db');
  createEarlierDatabase(file, migrationNames[0] ?? '');
  const before = readAllRows(file);
  for (const _attempt of ['first', 'second']) {
    const victim = fork(builtScript('database-process'), ['stick', file], { execArgv: [], silent: true });
    if (victim.stdout) await once(victim.stdout, 'data');
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    expect(readAllRows(file)).toEqual(before);
  }

  await (await open(file))[Symbol.asyncDispose]();

  expect(readAllRows(file)).toMatchObject(before);
  const connection = new Sqlite(file);
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
  connection.close();
});

test('a session has at most one live run', async () => {
  await using folder = await openTemporaryFolder();
  await using database = await open(join(folder.path, 'switchyard.db'));
  const session = await database.db.session.create({ data: { userId: 'alice' } });
  const start = (status: 'QUEUED' | 'RUNNING' | 'COMPLETED') =>
    database.db.run.create({
      data: { sessionId: session.id, status, providerName: 'demo', modelName: 'demo-1' },
    });
  for (const status of ['COMPLETED', 'COMPLETED', 'QUEUED', 'QUEUED', 'RUNNING'] as const)
    await start(status);
  await expect(start('RUNNING')).rejects.toMatchObject({ code: 'P2002' });
});

test('a closed database refuses queries instead of opening itself again', async () => {
  await using folder = await openTemporaryFolder();
  const database = await open(join(folder.path, 'switchyard.db'));
  await database[Symbol.asyncDispose]();
  await expect(database.db.session.count()).rejects.toThrow('The database is closed.');
  expect(existsSync(join(folder.path, 'switchyard.db-wal'))).toBe(false);
});

test('a database from a newer version is refused and left unchanged', async () => {
  await using folder = await openTemporaryFolder();
  const file = await usedDatabase(folder.path);
  tamper(
    file,
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
     VALUES ('2', 'b', 1, '9999_future', 1)`,
  );
  const before = readFileSync(file);
  await expect(open(file)).rejects.toThrow(
    /is from a newer version \(its migration 9999_future is unknown here\)/,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a database whose migration was edited afterwards is refused', async () => {
  await using folder = await openTemporaryFolder();
  const file = await usedDatabase(folder.path);
  tamper(file, "UPDATE _prisma_migrations SET checksum = 'another'");
  await expect(open(file)).rejects.toThrow(
    /^The migration 0001_init was edited after the database .* had applied it/,
  );
});

test('a database whose migration failed half-way is refused until it is marked as rolled back', async () => {
  await using folder = await openTemporaryFolder();
  const file = await usedDatabase(folder.path);
  tamper(file, "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '0001_init'");
  await expect(open(file)).rejects.toThrow(/^The migration 0001_init of the database .* failed half-way/);
  tamper(
    file,
    `INSERT INTO _prisma_migrations SELECT 'again', checksum, 1, migration_name, logs, NULL, started_at, 1
       FROM _prisma_migrations WHERE migration_name = '0001_init';
     UPDATE _prisma_migrations SET rolled_back_at = 1
       WHERE migration_name = '0001_init' AND id <> 'again'`,
  );
  await using database = await open(file);
  expect(await database.db.session.count()).toBe(1);
});

test('the database of another program is refused and left unchanged', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'bookmarks.db');
  tamper(file, 'CREATE TABLE bookmarks (url TEXT)');
  const before = readFileSync(file);
  await expect(open(file)).rejects.toThrow(/belongs to another program/);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a file that is not a database is refused and left unchanged', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'notes.txt');
  writeFileSync(file, 'Dear diary, '.repeat(1_000));
  await expect(open(file)).rejects.toThrow(
    `The database ${file} cannot be opened: the file is not an SQLite database.`,
  );
  expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1_000));
});

test('a folder that cannot be made, and a folder in the place of the file, are refused', async () => {
  await using folder = await openTemporaryFolder();
  writeFileSync(join(folder.path, 'file'), '');
  await expect(open(join(folder.path, 'file', 'data', 'switchyard.db'))).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringMatching(/^The database .* cannot be opened: ENOTDIR/),
  });
  mkdirSync(join(folder.path, 'folder.db'));
  await expect(open(join(folder.path, 'folder.db'))).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringMatching(/^The database .* cannot be opened: unable to open database file\.$/),
  });
});

test.each(['file:', 'file::memory:', 'file://elsewhere/switchyard.db', 'postgresql://localhost/switchyard'])(
  'the URL %s is refused',
  async (url) => {
    await expect(openSqlite({ url, log })).rejects.toMatchObject({ name: 'StartupError' });
  },
);
