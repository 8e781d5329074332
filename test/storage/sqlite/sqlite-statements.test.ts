import { expect, test } from 'vitest';
import { plainStatement } from '../../../src/storage/statements/row-decoder.ts';
import { newFile, openWithSession } from '../../support/files/open-with-session.ts';

const countSessions = plainStatement<{ count: number }>('SELECT count(*) AS "count" FROM "Session"');
const rename = plainStatement('UPDATE "Session" SET "title" = ? WHERE "id" = ?');

test('a transaction waits for the open one, and a failed one changes nothing', async () => {
  await using opened = await newFile().then(openWithSession);
  const { db, statements, session } = opened;
  const order: string[] = [];
  let waiting: Promise<unknown>[] = [];
  await db.$transaction(async (tx) => {
    waiting = [
      statements.transaction(async (writer) => {
        await writer.run(rename, ['second', session.id]);
        order.push('second');
      }),
      statements.transaction(async (writer) => {
        await writer.run(rename, ['third', session.id]);
        throw new Error('changed my mind');
      }),
    ];
    await tx.session.create({ data: { userId: 'ada' } });
    order.push('first');
  });
  const [, failed] = await Promise.allSettled(waiting);
  expect(order).toEqual(['first', 'second']);
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'changed my mind' } });
  expect(await db.session.findUnique({ where: { id: session.id } })).toMatchObject({ title: 'second' });
});

const addSession = plainStatement(
  `INSERT INTO "Session" ("userId", "updatedAt") VALUES (?, '2026-01-02T03:04:05.006+00:00')`,
);

test('of transactions that wait together, each sees those before it, and one that throws is rolled back alone', async () => {
  await using opened = await newFile().then(openWithSession);
  const { db, statements } = opened;
  const seen: (number | undefined)[] = [];
  const add = (userId: string, failure?: Error) =>
    statements.transaction(async (tx) => {
      await tx.run(addSession, [userId]);
      seen.push((await tx.get(countSessions, []))?.count);
      if (failure) throw failure;
      return userId;
    });

  const results = await Promise.allSettled([add('bob'), add('eve', new Error('No.')), add('cleo')]);

  expect(results).toMatchObject([{ value: 'bob' }, { reason: new Error('No.') }, { value: 'cleo' }]);
  expect(seen).toEqual([2, 3, 3]);
  const sessions = await db.session.findMany({ orderBy: { id: 'asc' } });
  expect(sessions.map(({ userId }) => userId)).toEqual(['ada', 'bob', 'cleo']);
});

test('when the commit fails, all transactions that share it fail, and the next one works', async () => {
  await using opened = await newFile().then(openWithSession);
  const { statements } = opened;
  const orphan = plainStatement(
    `INSERT INTO "Message" ("sessionId", "role", "status") VALUES (99, 'USER', 'COMPLETE')`,
  );
  const add = () => statements.transaction((tx) => tx.run(addSession, ['bob']));
  const breakCommit = statements.transaction(async (tx) => {
    // SQLite then checks foreign keys only when it commits.
    await tx.run(plainStatement('PRAGMA defer_foreign_keys = ON'), []);
    await tx.run(orphan, []);
  });

  const results = await Promise.allSettled([breakCommit, add(), add()]);

  const reason = expect.objectContaining({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' });
  expect(results).toEqual(Array.from({ length: 3 }, () => ({ status: 'rejected', reason })));
  expect(await statements.get(countSessions, [])).toEqual({ count: 1 });
  expect(await add()).toBe(1);
  expect(await statements.get(countSessions, [])).toEqual({ count: 2 });
});
