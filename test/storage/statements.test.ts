import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { isUniqueConflict } from '../../src/storage/failure/prisma-error.ts';
import { openDatabase } from '../../src/storage/open/open-database.ts';
import { amongIds, greater, idList, rowsOfIds, rowsOfObjects } from '../../src/storage/statements/dialect.ts';
import { modelStatement, plainStatement } from '../../src/storage/statements/row-decoder.ts';
import { runsByIds } from '../../src/storage/statements/run-states.ts';
import { newFile, openWithSession } from '../support/files/open-with-session.ts';
import { describeWithPostgres, openEmptyDatabase } from '../support/process/postgres.ts';

const countSessions = plainStatement<{ count: number }>('SELECT count(*) AS "count" FROM "Session"');
const rename = plainStatement('UPDATE "Session" SET "title" = ? WHERE "id" = ?');

describe('statements of SQLite', () => statementsOf(() => newFile().then(openWithSession)));

describeWithPostgres('statements of PostgreSQL', () => {
  statementsOf(() => openEmptyDatabase().then(openWithSession));

  test('U+0000, which PostgreSQL does not store, is stored as the replacement character', async () => {
    await using opened = await openEmptyDatabase().then(openWithSession);
    const { db, statements, session } = opened;
    await statements.transaction((tx) => tx.run(rename, ['a\0b', session.id]));
    expect(await db.session.findFirst()).toMatchObject({ title: 'a\uFFFDb' });
    await db.session.update({ where: { id: session.id }, data: { title: '\0' } });
    expect(await db.session.findFirst()).toMatchObject({ title: '\uFFFD' });
  });

  test('times are in UTC, also with options in the URL', async () => {
    await using database = await openEmptyDatabase();
    const url = `${database.url}?options=${encodeURIComponent('-c TimeZone=Asia/Tokyo -c work_mem=8MB')}`;
    await using opened = await openDatabase(
      { url, connections: 2, timeoutMs: 10_000 },
      pino({ level: 'silent' }),
    );
    const show = plainStatement(
      `SELECT current_setting('TimeZone') AS "zone", current_setting('work_mem') AS "memory"`,
    );
    expect(await opened.statements.get(show, [])).toEqual({ zone: 'UTC', memory: '8MB' });
  });

  test('of two transactions that wait for each other, one is repeated, and both end', async () => {
    await using opened = await openEmptyDatabase().then(openWithSession);
    const { db, statements, session } = opened;
    const other = await db.session.create({ data: { userId: 'bob', title: '' } });
    await db.session.update({ where: { id: session.id }, data: { title: '' } });
    const append = plainStatement('UPDATE "Session" SET "title" = "title" || ? WHERE "id" = ?');
    let meet: () => void = () => undefined;
    const bothBegan = new Promise<void>((resolve) => {
      let began = 0;
      meet = () => {
        began += 1;
        if (began === 2) resolve();
      };
    });
    const crossing = (text: string, ids: number[]) =>
      statements.transaction(async (tx) => {
        for (const id of ids) {
          await tx.run(append, [text, id]);
          meet();
          await bothBegan;
        }
      });

    await Promise.all([crossing('a', [session.id, other.id]), crossing('b', [other.id, session.id])]);

    const titles = (await db.session.findMany()).map(({ title }) => [...(title ?? '')].toSorted().join(''));
    expect(titles).toEqual(['ab', 'ab']);
  });

  test('a transaction that locks a session waits for the one that has locked it, and sees what that has changed', async () => {
    await using opened = await openEmptyDatabase().then(openWithSession);
    const { statements, session } = opened;
    const title = plainStatement<{ title: string }>('SELECT "title" FROM "Session" WHERE "id" = ?');
    const order: string[] = [];
    let second: Promise<unknown> = Promise.resolve();
    await statements.transaction(async (tx) => {
      await tx.lockSession(session.id);
      second = statements.transaction(async (next) => {
        await next.lockSession(session.id);
        order.push(String((await next.get(title, [session.id]))?.title));
      });
      await tx.run(rename, ['changed', session.id]);
      order.push('first');
    });
    await second;
    expect(order).toEqual(['first', 'changed']);
  });
});

function statementsOf(open: () => ReturnType<typeof openWithSession>): void {
  test('a row has the same values as from Prisma', async () => {
    await using opened = await open();
    const { db, statements, session } = opened;
    await db.run.create({
      data: {
        sessionId: session.id,
        providerName: 'p',
        modelName: 'm',
        status: 'QUEUED',
        startedAt: new Date(),
      },
    });
    const token = await db.apiToken.create({ data: { tokenHash: 'h', userId: 'ada', isAdmin: true } });

    const select = (model: string) => modelStatement(model, `SELECT * FROM "${model}"`);
    expect(await statements.get(select('Session'), [])).toEqual(session);
    expect(await statements.get(select('Run'), [])).toEqual(await db.run.findFirst());
    // As many runs may be queued in a session, and the cancellation of all of them reads them.
    const ids = idList(Array.from({ length: 40_000 }, (_, index) => index + 1));
    expect(await statements.all(runsByIds, [ids])).toEqual(await db.run.findMany());
    expect(await statements.get(select('ApiToken'), [])).toEqual(token);
  });

  test('times and truth values are stored as Prisma stores them', async () => {
    await using opened = await open();
    const { db, statements } = opened;
    const createdAt = new Date('2026-01-02T03:04:05.006Z');
    await statements.transaction((writer) =>
      writer.run(
        plainStatement(
          'INSERT INTO "ApiToken" ("tokenHash", "userId", "isAdmin", "createdAt") VALUES (?, ?, ?, ?)',
        ),
        ['hash', 'ada', true, createdAt],
      ),
    );
    expect(await db.apiToken.findFirst()).toMatchObject({ isAdmin: true, createdAt });
    expect(await db.apiToken.count({ where: { createdAt: { gte: createdAt, lte: createdAt } } })).toBe(1);
  });

  test('JSON keeps its text: the order of keys, the digits of numbers, and U+0000', async () => {
    await using opened = await open();
    const { statements, session } = opened;
    const text = '{"b":12345678901234567890,"a":"\\u0000","c":1.0}';
    const set = plainStatement('UPDATE "Session" SET "settings" = ? WHERE "id" = ?');
    await statements.transaction((tx) => tx.run(set, [text, session.id]));
    const read = plainStatement<{ text: string }>('SELECT CAST("settings" AS TEXT) AS "text" FROM "Session"');
    expect(await statements.get(read, [])).toEqual({ text });
  });

  test('lists of ids, lists of objects and the greater of two numbers work', async () => {
    await using opened = await open();
    const { statements } = opened;
    const among = plainStatement<{ id: number }>(`SELECT "id" FROM "Session" WHERE "id" ${amongIds}`);
    expect(await statements.all(among, [idList([1, 7])])).toEqual([{ id: 1 }]);
    const rows = plainStatement<{ id: number }>(
      `SELECT "asked"."value" AS "id" FROM ${rowsOfIds('asked')} ORDER BY "asked"."value"`,
    );
    expect(await statements.all(rows, [idList([7, 1, 7])])).toEqual([{ id: 1 }, { id: 7 }]);
    const objects = plainStatement<{ name: string }>(
      `SELECT "row"."value" ->> 'name' AS "name" FROM ${rowsOfObjects('row')}`,
    );
    expect(await statements.all(objects, ['[{"name":"a"},{"name":"b"}]'])).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]);
    const most = plainStatement<{ most: number }>(`SELECT ${greater('?', '3')} AS "most"`);
    expect(await statements.get(most, [2])).toEqual({ most: 3 });
  });

  test('a read sees nothing of an open transaction, and all of a committed one', async () => {
    await using opened = await open();
    const { db, statements } = opened;
    await db.$transaction(async (tx) => {
      await tx.session.create({ data: { userId: 'ada' } });
      expect(await statements.get(countSessions, [])).toEqual({ count: 1 });
    });
    expect(await statements.get(countSessions, [])).toEqual({ count: 2 });
  });

  test('a transaction that throws changes nothing', async () => {
    await using opened = await open();
    const { db, statements, session } = opened;
    const failed = statements.transaction(async (writer) => {
      await writer.run(rename, ['third', session.id]);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await db.session.findFirst()).toMatchObject({ title: null });
  });

  test('a broken unique index is told from other failures, and the next transaction works', async () => {
    await using opened = await open();
    const { db, statements, session } = opened;
    const same = plainStatement('INSERT INTO "Session" ("id", "userId", "updatedAt") VALUES (?, ?, ?)');
    const insert = statements.transaction((writer) => writer.run(same, [session.id, 'ada', new Date()]));
    await expect(insert).rejects.toSatisfy(isUniqueConflict);
    const byPrisma = db.session.create({ data: { id: session.id, userId: 'ada' } });
    await expect(byPrisma).rejects.toSatisfy(isUniqueConflict);
    await statements.transaction((writer) => writer.run(rename, ['works', session.id]));
    expect(await db.session.findMany()).toMatchObject([{ title: 'works' }]);
  });
}
