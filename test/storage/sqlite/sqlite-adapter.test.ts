import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { isDatabaseBusy } from '../../../src/storage/failure/prisma-error.ts';
import { openSqlite } from '../../../src/storage/sqlite/open-sqlite.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';

const log = pino({ level: 'silent' });

async function openScratchDatabase() {
  const folder = await openTemporaryFolder();
  const file = join(folder.path, 'switchyard.db');
  const database = await openSqlite({ url: `file:${file}`, log });
  return {
    file,
    db: database.db,
    userIds: async () => (await database.db.session.findMany()).map((session) => session.userId),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a write outside a transaction survives the rollback of that transaction', async () => {
  await using scratch = await openScratchDatabase();
  const { db, userIds } = scratch;
  let aliceWrites: Promise<unknown> = Promise.resolve();
  const bob = db.$transaction(async (transaction) => {
    await transaction.session.create({ data: { userId: 'bob' } });
    aliceWrites = db.session.create({ data: { userId: 'alice' } });
    await transaction.session.count();
    throw new Error('bob changes his mind');
  });
  await expect(bob).rejects.toThrow('bob changes his mind');
  await aliceWrites;
  expect(await userIds()).toEqual(['alice']);
});

test('a query outside a transaction does not see its uncommitted writes', async () => {
  await using scratch = await openScratchDatabase();
  const { db, userIds } = scratch;
  let seen: Promise<string[]> = Promise.resolve([]);
  await db.$transaction(async (transaction) => {
    const session = await transaction.session.create({ data: { userId: 'bob' } });
    seen = userIds();
    await transaction.session.update({ where: { id: session.id }, data: { userId: 'alice' } });
  });
  expect(await seen).toEqual(['alice']);
});

test('transactions that start at the same time run one after the other', async () => {
  await using scratch = await openScratchDatabase();
  const { db } = scratch;
  const { id } = await db.session.create({ data: { userId: 'alice' } });
  await Promise.all(
    Array.from({ length: 50 }, () =>
      db.$transaction(async (transaction) => {
        const { contextTokens } = await transaction.session.findUniqueOrThrow({ where: { id } });
        await transaction.session.update({ where: { id }, data: { contextTokens: contextTokens + 1 } });
      }),
    ),
  );
  expect(await db.session.findUnique({ where: { id } })).toMatchObject({ contextTokens: 50 });
});

test('a statement that fails ends its own transaction and not the next one', async () => {
  await using scratch = await openScratchDatabase();
  const { db, userIds } = scratch;
  const orphan = db.$transaction([
    db.session.create({ data: { userId: 'bob' } }),
    db.message.create({ data: { sessionId: 404, role: 'USER', status: 'COMPLETE' } }),
  ]);
  await expect(orphan).rejects.toMatchObject({ code: 'P2003' });
  await db.$transaction([db.session.create({ data: { userId: 'alice' } })]);
  expect(await userIds()).toEqual(['alice']);
});

test('a commit that fails rolls back, and the database stays usable', async () => {
  await using scratch = await openScratchDatabase();
  const { db, userIds } = scratch;
  const orphan = db.$transaction(async (transaction) => {
    await transaction.session.create({ data: { userId: 'bob' } });
    await transaction.$executeRawUnsafe('PRAGMA defer_foreign_keys = ON');
    await transaction.message.create({ data: { sessionId: 404, role: 'USER', status: 'COMPLETE' } });
  });
  await expect(orphan).rejects.toThrow('ForeignKeyConstraintViolation');
  await db.$transaction([db.session.create({ data: { userId: 'alice' } })]);
  expect(await userIds()).toEqual(['alice']);
});

test('a nested transaction can fail without its outer transaction', async () => {
  await using scratch = await openScratchDatabase();
  const { db, userIds } = scratch;
  await db.$transaction(async (outer) => {
    await outer.session.create({ data: { userId: 'alice' } });
    const inner = outer.$transaction(async (transaction) => {
      await transaction.session.create({ data: { userId: 'bob' } });
      throw new Error('bob changes his mind');
    });
    await expect(inner).rejects.toThrow('bob changes his mind');
  });
  expect(await userIds()).toEqual(['alice']);
});

/** Takes the write lock as another process would. Disposing releases it. */
function lockDatabase(file: string): Disposable {
  const connection = new Sqlite(file);
  connection.exec('BEGIN IMMEDIATE');
  return { [Symbol.dispose]: () => void connection.close() };
}

test('timers run while a long chain of statements is executed', async () => {
  await using scratch = await openScratchDatabase();
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await Promise.all(Array.from({ length: 200 }, () => scratch.db.session.count()));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});

test('writes wait for the lock of another process without blocking reads, and all are executed', async () => {
  await using scratch = await openScratchDatabase();
  const { db, file, userIds } = scratch;
  const lock = lockDatabase(file);
  const settled: string[] = [];
  const writes = ['alice', 'bob'].map(async (userId) => {
    await db.session.create({ data: { userId } });
    settled.push(userId);
  });
  const transaction = db.$transaction(async (tx) => tx.session.create({ data: { userId: 'carol' } }));
  expect(await userIds()).toEqual([]);
  expect(settled).toEqual([]);
  lock[Symbol.dispose]();
  await Promise.all([...writes, transaction]);
  expect((await userIds()).toSorted()).toEqual(['alice', 'bob', 'carol']);
});

test('writes fail with the code P1008 when another process keeps its lock, and nothing of them is stored', async () => {
  await using scratch = await openScratchDatabase();
  const { db, file, userIds } = scratch;
  const lock = lockDatabase(file);
  const data = { userId: 'alice' };
  const failures = await Promise.allSettled([
    db.session.create({ data }),
    db.$transaction(async (tx) => tx.session.create({ data })),
    db.$transaction([db.session.create({ data }), db.session.create({ data })]),
  ]);
  lock[Symbol.dispose]();
  const expected = { status: 'rejected', reason: { code: 'P1008' } };
  expect(failures).toMatchObject([expected, expected, expected]);
  await db.session.create({ data: { userId: 'bob' } });
  expect(await userIds()).toEqual(['bob']);
}, 20_000);

test('the use of a transaction that has ended is a fault, and not a busy database', async () => {
  await using scratch = await openScratchDatabase();
  const { db } = scratch;
  const ended = await db.$transaction(async (transaction) => transaction);
  const error = await ended.session.count().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'P2028' });
  expect(isDatabaseBusy(error)).toBe(false);
});

test('a transaction that cannot begin or end in time found a busy database', async () => {
  await using scratch = await openScratchDatabase();
  const { db } = scratch;
  let waiting: Promise<unknown> = Promise.resolve();
  const late = db.$transaction(
    async (transaction) => {
      waiting = db.$transaction((other) => other.session.count(), { maxWait: 20 }).catch((caught) => caught);
      await waiting;
      await expect.poll(() => transaction.session.count().catch(() => 'expired')).toBe('expired');
      return transaction.session.count();
    },
    { timeout: 100 },
  );
  const errors = [await late.catch((caught: unknown) => caught), await waiting];
  expect(errors.map(isDatabaseBusy)).toEqual([true, true]);
});
