import Sqlite from 'better-sqlite3';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMemoryBus } from '../../../src/bus/memory/memory-bus.ts';
import { createMemoryLog } from '../../../src/bus/memory/memory-log.ts';
import { ChangeLog } from '../../../src/changes/change-log.ts';
import { RunRecovery } from '../../../src/chat/run/run-recovery.ts';
import { createSoleLease } from '../../../src/lease/lease.ts';
import { openSqlite } from '../../../src/storage/sqlite/open-sqlite.ts';
import { measured } from '../../support/gateway/longest-turn.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

/** Adds sessions, each with a prompt and a RUNNING run that has written some text and called two tools. */
function addLiveRuns(file: string, count: number) {
  const database = new Sqlite(file);
  const statements = new Map<string, Sqlite.Statement<unknown[]>>();
  const insert = (sql: string, ...values: unknown[]) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return Number(statement.run(...values).lastInsertRowid);
  };
  const addMessage = (sessionId: number, role: string, status: string, ...rest: unknown[]) =>
    insert(
      `INSERT INTO "Message" ("sessionId", "role", "status", "content", "reasoning", "tokenCount") VALUES (?, ?, ?, ?, ?, ?)`,
      sessionId,
      role,
      status,
      ...rest,
    );
  database.transaction(() => {
    for (let index = 0; index < count; index += 1) {
      const sessionId = insert(
        `INSERT INTO "Session" ("userId", "storedBytes", "updatedAt") VALUES ('alice', 7, '2026-01-31T12:00:00.000+00:00')`,
      );
      const promptId = addMessage(sessionId, 'USER', 'COMPLETE', 'Hello', null, 5);
      const answer = `Number ${index} é. ${'A long answer. '.repeat(400)}`;
      const answerId = addMessage(sessionId, 'ASSISTANT', 'STREAMING', answer, 'Easy.', null);
      insert(
        `INSERT INTO "Run" ("sessionId", "status", "userMessageId", "assistantMessageId", "providerName", "modelName", "lastSeq")
         VALUES (?, 'RUNNING', ?, ?, 'demo', 'demo-1', 3)`,
        sessionId,
        promptId,
        answerId,
      );
      for (const status of ['RUNNING', 'AWAITING_APPROVAL']) {
        insert(
          `INSERT INTO "ToolCall" ("messageId", "callId", "name", "args", "status", "startedAt", "step", "textOffset") VALUES (?, ?, 'echo', '{}', ?, ?, 1, 0)`,
          answerId,
          status,
          status,
          status === 'RUNNING' ? '2026-01-31T12:00:00.000+00:00' : null,
        );
      }
    }
  })();
  database.close();
}

function recoveryOf({ db, statements }: Pick<Awaited<ReturnType<typeof openSqlite>>, 'db' | 'statements'>) {
  const changes = new ChangeLog({ dialect: statements.dialect, bus: createMemoryBus() });
  return new RunRecovery({
    ...{ database: db, statements, changes, lease: createSoleLease('new') },
    ...{ runLog: createMemoryLog(), bus: createMemoryBus(), runLogTtlMs: 1_000 },
    resumeRuns: 'waiting',
    resume: async () => {},
  });
}

test(
  'the 2,000 live runs of a gateway that died are ended in less than 3 s of processor time',
  measured,
  async () => {
    await using folder = await openMigratedFolder();
    const file = `${folder.path}/switchyard.db`;
    addLiveRuns(file, 2_000);
    await using opened = await openSqlite({ url: `file:${file}`, log: pino({ level: 'silent' }) });
    const { db } = opened;
    const before = process.cpuUsage();
    expect(await recoveryOf(opened).recover()).toEqual({ ended: 2_000, resumed: 0 });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(3);

    expect(await db.run.count({ where: { status: 'FAILED', errorCode: 'INTERRUPTED' } })).toBe(2_000);
    expect(await db.message.count({ where: { role: 'ASSISTANT', status: 'INTERRUPTED' } })).toBe(2_000);
    const { assistantMessage, session, finishedAt, ...run } = await db.run.findFirstOrThrow({
      orderBy: { id: 'desc' },
      include: {
        assistantMessage: { include: { toolCalls: { orderBy: { id: 'asc' } } } },
        session: { include: { modelUsage: true } },
      },
    });
    const text = assistantMessage?.content ?? '';
    // `A long answer. ` has 4 tokens, and `Easy.` has 2.
    expect(assistantMessage?.tokenCount).toBeGreaterThan(1_500);
    expect(assistantMessage?.tokenCount).toBeLessThan(1_700);
    const outputTokens = (assistantMessage?.tokenCount ?? 0) + 2;
    expect(run).toMatchObject({ inputTokens: 5, outputTokens, reasoningTokens: 2, usageMeasured: false });
    expect(run.lastSeq).toBeGreaterThan(1_000_000);
    expect(finishedAt?.getTime()).toBeGreaterThan(Date.parse('2026-02-01'));
    expect(session).toMatchObject({
      contextTokens: 5 + outputTokens,
      storedBytes: BigInt(7 + Buffer.byteLength(text) + 'Easy.'.length + '{}{}'.length),
      modelUsage: [
        { providerName: 'demo', modelName: 'demo-1', inputTokens: 5, outputTokens, measured: false },
      ],
    });
    expect(session.updatedAt.getTime()).toBeGreaterThan(Date.parse('2026-02-01'));
    expect(assistantMessage?.toolCalls).toMatchObject([
      { status: 'CANCELLED', stopped: false },
      { status: 'CANCELLED', stopped: true },
    ]);
  },
);

test('the input of a run that died in a long session is estimated by its last 1,000 messages', async () => {
  await using folder = await openMigratedFolder();
  const file = `${folder.path}/switchyard.db`;
  addLiveRuns(file, 1);
  await using opened = await openSqlite({ url: `file:${file}`, log: pino({ level: 'silent' }) });
  const data = { sessionId: 1, role: 'USER', status: 'COMPLETE', content: 'Hi', tokenCount: 1 } as const;
  await opened.db.message.createMany({ data: Array.from({ length: 1_500 }, () => data) });
  const prompt = await opened.db.message.findFirstOrThrow({ orderBy: { id: 'desc' } });
  await opened.db.run.updateMany({ data: { userMessageId: prompt.id } });

  expect(await recoveryOf(opened).recover()).toEqual({ ended: 1, resumed: 0 });
  expect(await opened.db.run.findFirst()).toMatchObject({ inputTokens: 1_000 });
});
