import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { StartupError } from '../../src/config/startup-error.ts';
import type { Database } from '../../src/storage/database.ts';
import { migrateData } from '../../src/storage/migrate-data/migrate-data.ts';
import { openDatabase } from '../../src/storage/open/open-database.ts';
import { databaseFile } from '../../src/storage/sqlite/database-file.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { describeWithPostgres, type EmptyDatabase, openEmptyDatabase } from '../support/process/postgres.ts';
import { switchyard } from '../support/process/switchyard.ts';

const log = pino({ level: 'silent' });
const settings = (url: string) => ({ url, connections: 4, timeoutMs: 10_000 });

/** An installation on SQLite with a row of every table, and some of what the two databases store in different ways. */
async function openInstallation() {
  const folder = await openTemporaryFolder();
  const url = `file:${join(folder.path, 'switchyard.db')}`;
  await using opened = await openDatabase(settings(url), log);
  await fill(opened.db);
  return Object.assign(folder, { url });
}

async function fill(db: Database): Promise<void> {
  const node = await db.agentNode.create({
    data: {
      nodeId: 'laptop',
      userId: 'ada',
      displayName: 'Laptop',
      capabilities: ['read_file'],
      tokenHash: 'a',
    },
  });
  for (const title of ['First', 'Zwei \u{1F600} \0', null]) {
    const session = await db.session.create({
      data: {
        userId: 'ada',
        title,
        storedBytes: 2n ** 40n,
        ...(title && { settings: { temperature: 0.5 } }),
      },
    });
    const sessionId = session.id;
    const prompt = await db.message.create({
      data: { sessionId, role: 'USER', status: 'COMPLETE', content: 'Hi' },
    });
    const answer = await db.message.create({ data: { sessionId, role: 'ASSISTANT', status: 'COMPLETE' } });
    await db.messageAudio.create({
      data: { messageId: prompt.id, sha256: 'c', mimeType: 'audio/wav', size: 9, durationSeconds: 0.25 },
    });
    await db.answerStep.create({
      data: { messageId: answer.id, step: 1, providerName: 'p', modelName: 'm', parts: [{ text: 'a\0b' }] },
    });
    await db.toolCall.create({
      data: {
        messageId: answer.id,
        callId: 'x',
        name: 'f',
        args: {},
        status: 'SUCCEEDED',
        step: 1,
        textOffset: 0,
      },
    });
    await db.run.create({
      data: {
        ...{ sessionId, status: 'COMPLETED', providerName: 'p', modelName: 'm', usageMeasured: false },
        ...{
          userMessageId: prompt.id,
          assistantMessageId: answer.id,
          finishedAt: new Date(),
          inputTokens: 7,
        },
      },
    });
    await db.modelUsage.create({ data: { sessionId, providerName: 'p', modelName: 'm', inputTokens: 7 } });
    await db.workspace.create({ data: { sessionId, workspaceId: `w${sessionId}` } });
    await db.sessionNode.create({ data: { sessionId, agentNodeId: node.id } });
  }
  await db.apiToken.create({ data: { tokenHash: 'h', userId: 'ada', expiresAt: new Date() } });
  await db.secret.create({ data: { name: 'key', value: 'v' } });
  // The text of JSON is kept with the digits of its numbers, and a time that SQLite itself has written is in UTC.
  await db.$executeRaw`UPDATE "ToolCall" SET "args" = '{"b":12345678901234567890,"a":1.0}'`;
  await db.$executeRaw`UPDATE "ApiToken" SET "createdAt" = '2026-01-02 03:04:05'`;
  // The newest session is deleted, and its id must not come again.
  await db.session.deleteMany({ where: { title: null } });
}

async function sideBySide(from: Database, to: Database) {
  const sorted = (rows: unknown[]) => rows.map((row) => JSON.stringify(row, withBigInt)).toSorted();
  const tables = [
    'session',
    'message',
    'messageAudio',
    'answerStep',
    'toolCall',
    'run',
    'modelUsage',
  ] as const;
  const others = ['workspace', 'agentNode', 'sessionNode', 'apiToken', 'secret'] as const;
  return Promise.all(
    [...tables, ...others].map(async (table) => {
      const read = (db: Database) => (db[table] as Database['session']).findMany();
      return { table, from: sorted(await read(from)), to: sorted(await read(to)) };
    }),
  );
}

/** As PostgreSQL stores it. */
function withBigInt(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

describeWithPostgres('switchyard migrate-data', () => {
  const run = async (from: string, to: EmptyDatabase, print = (_line: string) => {}) =>
    migrateData({ from, to: settings(to.url), print, log });

  test('it copies every row of an SQLite file, and new rows get new ids', async () => {
    await using source = await openInstallation();
    await using target = await openEmptyDatabase();
    const outcome = await switchyard({}, 'migrate-data', '--from', source.url, '--to', target.url);
    expect(outcome).toMatchObject({ code: 0, stdout: '' });
    expect(outcome.stderr).toContain('Session: 2 rows');
    expect(outcome.stderr).toMatch(/\d\d rows were copied and compared/);

    await using from = await openDatabase(settings(source.url), log);
    await using to = await openDatabase(settings(target.url), log);
    for (const table of await sideBySide(from.db, to.db)) {
      expect(table.from.length, table.table).toBeGreaterThan(0);
      // A second reader of JSON would lose digits, and so would this comparison: the texts are compared below.
      expect(table.to, table.table).toEqual(table.from);
    }
    const args = await to.db.$queryRaw`SELECT DISTINCT CAST("args" AS TEXT) AS "args" FROM "ToolCall"`;
    expect(args).toEqual([{ args: '{"b":12345678901234567890,"a":1.0}' }]);
    const token = await to.db.apiToken.findFirstOrThrow();
    expect(token.createdAt).toEqual(new Date('2026-01-02T03:04:05Z'));
    expect(await to.db.session.create({ data: { userId: 'bob' } })).toMatchObject({ id: 4 });
  });

  test('a copy that was broken off goes on, and no gateway works on a part of the data', async () => {
    await using source = await openInstallation();
    await using target = await openEmptyDatabase();
    const breakOff = (line: string) => {
      if (line.startsWith('Message:')) throw new Error('The power is gone.');
    };
    await expect(run(source.url, target, breakOff)).rejects.toThrow('The power is gone.');
    await expect(openDatabase(settings(target.url), log)).rejects.toThrow(
      'run "switchyard migrate-data" again',
    );
    await using other = await openInstallation();
    await expect(run(other.url, target)).rejects.toThrow('The database of --to holds a part of');

    const lines: string[] = [];
    await run(source.url, target, (line) => void lines.push(line));
    expect(lines).toContain('An earlier copy was broken off: it goes on.');
    await using from = await openDatabase(settings(source.url), log);
    await using to = await openDatabase(settings(target.url), log);
    for (const table of await sideBySide(from.db, to.db)) expect(table.to, table.table).toEqual(table.from);
  });

  test('a database with data is refused and unchanged, and a difference after the copy is reported', async () => {
    await using source = await openInstallation();
    await using target = await openEmptyDatabase();
    await using to = await openDatabase(settings(target.url), log);
    await to.db.session.create({ data: { userId: 'bob' } });
    await expect(run(source.url, target)).rejects.toThrow('The database of --to holds data already');
    expect(await to.db.message.count()).toBe(0);

    await to.db.session.deleteMany();
    await to.db.$executeRaw`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN NEW."content" := ''Other''; RETURN NEW; END'`;
    await to.db
      .$executeRaw`CREATE TRIGGER spoil BEFORE INSERT ON "Message" FOR EACH ROW EXECUTE FUNCTION spoil()`;
    await expect(run(source.url, target)).rejects.toThrow(
      'the rows of Message differ between --from and --to',
    );
  });

  test.each([
    ['"createdAt" = \'yesterday\'', 'Session in --from cannot be copied: "yesterday" is not a time.'],
    [
      '"toolApproval" = \'MAYBE\'',
      'Session in --from cannot be copied: invalid input value for enum "ToolApproval": "MAYBE".',
    ],
  ])(
    'a row with %s, which no gateway has written, is named, and the copy goes on when it is mended',
    async (change, complaint) => {
      await using source = await openInstallation();
      await using target = await openEmptyDatabase();
      const execute = (sql: string) => {
        const file = new Sqlite(databaseFile(source.url));
        file.exec(sql);
        file.close();
      };
      execute(`UPDATE "Session" SET ${change} WHERE "id" = 1`);
      await expect(run(source.url, target)).rejects.toThrow(
        new StartupError(`A row of ${complaint} Correct or delete it, and run the command again.`),
      );
      execute(`UPDATE "Session" SET "createdAt" = '2026-01-02 03:04:05', "toolApproval" = 'ASK'`);
      await expect(run(source.url, target)).resolves.toBeGreaterThan(0);
    },
  );
});

describe('the arguments of switchyard migrate-data', () => {
  test.each([
    { args: ['--from', 'data.db', '--to', 'postgresql://db/x'], complaint: '--from: expected a file: URL' },
    { args: ['--from', 'file:x.db', '--to', 'mysql://db/x'], complaint: '--to: expected a postgresql: URL' },
    { args: ['--from', 'file:x.db'], complaint: "required option '--to <url>' not specified" },
  ])('$complaint', async ({ args, complaint }) => {
    const outcome = await switchyard({}, 'migrate-data', ...args);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain(complaint);
  });
});
