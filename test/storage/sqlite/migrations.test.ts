import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { StartupError } from '../../../src/config/startup-error.ts';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migrate } from '../../../src/storage/sqlite/migrate-sqlite.ts';
import { deployMigrations, diagnoseMigrations, sqlForSchema } from '../../support/files/schema-engine.ts';
import { describeTables } from '../../support/files/sqlite-tables.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';

test('the migrations create the tables of schema.prisma, and indexes, a search index and a table of tags that schema.prisma cannot express', async () => {
  const schema = readFileSync(new URL('../../../prisma/schema.prisma', import.meta.url), 'utf8');
  const described = new Sqlite(':memory:');
  // The engine of Prisma writes the default of a JSON column without its quotes.
  described.exec((await sqlForSchema(schema)).replace('DEFAULT []', "DEFAULT '[]'"));
  described.exec(
    `CREATE UNIQUE INDEX "Run_sessionId_live_key" ON "Run"("sessionId") WHERE "status" = 'RUNNING'`,
  );
  described.exec(
    `CREATE INDEX "Session_clearedThroughId_idx" ON "Session"("id") WHERE "clearedThroughId" > 0`,
  );
  described.exec(
    `CREATE INDEX "Run_steersId_queued_idx" ON "Run"("steersId") WHERE "status" = 'QUEUED' AND "steersId" IS NOT NULL`,
  );
  described.exec(`
    CREATE VIRTUAL TABLE "SessionTitle" USING fts5("title", content='', contentless_delete=1, detail='none');
    CREATE VIRTUAL TABLE "SessionTitlePiece" USING fts5vocab('SessionTitle', 'instance');
      CREATE INDEX "Session_archived_id_idx" ON "Session"((coalesce("isArchived",FALSE)), "id");
      CREATE INDEX "Session_archived_lastActivityAt_id_idx" ON "Session"((coalesce("isArchived",FALSE)), "lastActivityAt", "id");
      CREATE INDEX "Session_featureName_archived_id_idx" ON "Session"("featureName", (coalesce("isArchived",TRUE)), "id");
      CREATE INDEX "Session_featureName_archived_lastActivityAt_id_idx" ON "Session"("featureName", (coalesce("isArchived",TRUE)), "lastActivityAt", "id");
      CREATE INDEX "Session_userId_featureName_archived_id_idx" ON "Session"("userId", "featureName", (coalesce("isArchived","isArchived")), "id");
      CREATE INDEX "Session_userId_featureName_archived_lastActivityAt_id_idx" ON "Session"("userId", "featureName", (coalesce("isArchived","isArchived")), "lastActivityAt", "id");
      CREATE VIRTUAL TABLE "MessageText" USING fts5("terms", content='', contentless_delete=1, detail='none', tokenize='ascii');
      CREATE TABLE "MessageToIndex" ("messageId" INTEGER NOT NULL PRIMARY KEY);
      CREATE TABLE "SessionTag" (
        "sessionId" INTEGER NOT NULL, "tag" TEXT NOT NULL, "userId" TEXT NOT NULL, "featureName" TEXT NOT NULL,
        "isArchived" BOOLEAN NOT NULL, "lastActivityAt" DATETIME NOT NULL, PRIMARY KEY ("sessionId", "tag")) WITHOUT ROWID;
      CREATE INDEX "SessionTag_tag_isArchived_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "sessionId");
      CREATE INDEX "SessionTag_userId_tag_isArchived_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "sessionId");
      CREATE INDEX "SessionTag_tag_isArchived_lastActivityAt_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "lastActivityAt", "sessionId");
      CREATE INDEX "SessionTag_userId_tag_isArchived_lastActivityAt_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "lastActivityAt", "sessionId")`);
  const migrated = new Sqlite(':memory:');
  migrate(migrated, readMigrations());
  migrated.exec('DROP TABLE "_prisma_migrations"');

  expect(describeTables(migrated)).toEqual(describeTables(described));
});

test('Prisma accepts a history that the gateway recorded, and the gateway accepts one that Prisma recorded', async () => {
  await using folder = await openTemporaryFolder();
  const migrations = readMigrations();
  const names = migrations.map((migration) => migration.name);

  const ours = join(folder.path, 'ours.db');
  const ourConnection = new Sqlite(ours);
  expect(migrate(ourConnection, migrations)).toEqual(names);
  ourConnection.close();
  expect(await diagnoseMigrations(ours, migrations)).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
  expect(await deployMigrations(ours, migrations)).toEqual([]);

  const prismas = join(folder.path, 'prismas.db');
  expect(await deployMigrations(prismas, migrations)).toEqual(names);
  const prismasConnection = new Sqlite(prismas);
  expect(migrate(prismasConnection, migrations)).toEqual([]);
  prismasConnection.close();
});

test('a migration that fails changes nothing, and the migrations before it stay applied', () => {
  const connection = new Sqlite(':memory:');
  const migrations = [
    { name: '0001_first', sql: 'CREATE TABLE "First" (id INTEGER)', checksum: '1' },
    {
      name: '0002_second',
      sql: 'CREATE TABLE "Second" (id INTEGER); CREATE TABLE "First" (id INTEGER)',
      checksum: '2',
    },
  ];

  expect(() => migrate(connection, migrations)).toThrow('table "First" already exists');
  expect(Object.keys(describeTables(connection))).toEqual(['_prisma_migrations', 'First']);

  const mended = [
    ...migrations.slice(0, 1),
    { name: '0002_second', sql: 'CREATE TABLE "Second" (id INTEGER)', checksum: '2' },
  ];
  expect(migrate(connection, mended)).toEqual(['0002_second']);
});

test('a migration may rebuild a table that others refer to, but not leave rows that refer to missing rows', () => {
  const connection = new Sqlite(':memory:');
  const family = {
    name: '0001_family',
    sql: `CREATE TABLE "Parent" (id INTEGER PRIMARY KEY);
      CREATE TABLE "Child" (parentId INTEGER REFERENCES "Parent"(id) ON DELETE CASCADE);
      INSERT INTO "Parent" VALUES (1); INSERT INTO "Child" VALUES (1);`,
    checksum: '1',
  };
  const rebuild = {
    name: '0002_rebuild',
    sql: `PRAGMA foreign_keys=OFF;
      CREATE TABLE "new_Parent" (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO "new_Parent" (id) SELECT id FROM "Parent";
      DROP TABLE "Parent";
      ALTER TABLE "new_Parent" RENAME TO "Parent";
      PRAGMA foreign_keys=ON;`,
    checksum: '2',
  };
  const orphan = { name: '0003_orphan', sql: 'DELETE FROM "Parent"', checksum: '3' };
  const countChildren = () => connection.prepare('SELECT count(*) FROM "Child"').pluck().get();

  migrate(connection, [family, rebuild]);
  expect(countChildren()).toBe(1);
  expect(() => migrate(connection, [family, rebuild, orphan])).toThrow(StartupError);
  expect(connection.prepare('SELECT id FROM "Parent"').pluck().all()).toEqual([1]);
});

test('an upgrade counts what sessions have stored, and drops named nodes that no session has', () => {
  const connection = new Sqlite(':memory:');
  const before = readMigrations().filter(({ name }) => name < '0005_quotas');
  migrate(connection, before);
  connection.exec(`
    INSERT INTO "Session" (id, userId, updatedAt, title, systemPrompt) VALUES
      (1, 'alice', 0, NULL, NULL), (2, 'bob', 0, 'Tests', 'Be kind.');
    INSERT INTO "Message" (id, sessionId, role, status, content) VALUES
      (1, 1, 'USER', 'COMPLETE', 'é'), (2, 1, 'ASSISTANT', 'COMPLETE', 'Hello.'), (3, 1, 'USER', 'COMPLETE', 'Hi');
    INSERT INTO "Message" (id, sessionId, role, status, content, reasoning) VALUES
      (4, 2, 'ASSISTANT', 'COMPLETE', 'é', 'Hm.'), (5, 2, 'ASSISTANT', 'STREAMING', 'Not yet', NULL);
    INSERT INTO "ToolCall" (messageId, callId, name, args, status, step, textOffset, result) VALUES
      (4, 'a', 'sum', '{"n":1}', 'SUCCEEDED', 1, 0, 'éé'), (5, 'a', 'sum', '{"n":1}', 'RUNNING', 1, 0, NULL);
    INSERT INTO "MessageAudio" (messageId, sha256, mimeType, size) VALUES (2, 'a', 'audio/wav', 100);
    INSERT INTO "AgentNode" (id, nodeId, userId, displayName, capabilities, tokenHash, updatedAt) VALUES
      (1, 'registered', 'alice', '', '[]', 'b', 0), (2, 'named', 'alice', '', '[]', NULL, 0),
      (3, 'forgotten', 'alice', '', '[]', NULL, 0);
    INSERT INTO "SessionNode" (sessionId, agentNodeId) VALUES (1, 2);
  `);

  migrate(connection, readMigrations());

  const sessions = 'SELECT id, messageCount, storedBytes FROM "Session" ORDER BY id';
  expect(connection.prepare(sessions).raw().all()).toEqual([
    [1, 3, 4 + 6 + 100],
    [2, 2, 5 + 8 + 2 + 3 + 7 + 4],
  ]);
  const nodes = 'SELECT nodeId FROM "AgentNode" ORDER BY id';
  expect(connection.prepare(nodes).pluck().all()).toEqual(['registered', 'named']);
});

test('an upgrade adds the titles of the sessions to the search index, which follows every later change', () => {
  const connection = new Sqlite(':memory:');
  migrate(
    connection,
    readMigrations().filter(({ name }) => name < '0014_title_index'),
  );
  connection.exec(`INSERT INTO "Session" (id, userId, updatedAt, title) VALUES
    (1, 'alice', 0, 'Ab'), (2, 'alice', 0, NULL), (3, 'bob', 0, 'Say "cab"')`);

  migrate(connection, readMigrations());

  const find = connection.prepare(
    'SELECT DISTINCT doc FROM "SessionTitlePiece" WHERE term LIKE ? ORDER BY doc',
  );
  const sessionsWith = (start: string) => find.pluck().all(`${start}%`);
  expect([sessionsWith('ab'), sessionsWith('"ca')]).toEqual([[1, 3], [3]]);
  connection.exec(`
    UPDATE "Session" SET title = 'Abacus' WHERE id = 2;
    UPDATE "Session" SET title = NULL WHERE id = 3;
    UPDATE "Session" SET title = 'New' WHERE id = 1;
    INSERT INTO "Session" (id, userId, updatedAt, title) VALUES (4, 'bob', 0, 'newer'), (5, 'bob', 0, NULL)`);
  expect([sessionsWith('ab'), sessionsWith('new'), sessionsWith('"ca')]).toEqual([[2], [1, 4], []]);
  connection.exec('DELETE FROM "Session"');
  expect(sessionsWith('')).toEqual([]);
});

test('an upgrade marks the prompts that were withdrawn from the queue, and no others', () => {
  const connection = new Sqlite(':memory:');
  migrate(
    connection,
    readMigrations().filter(({ name }) => name < '0006_answer_steps'),
  );
  const prompts = ['withdrawn', 'stopped', 'answered', 'waiting'];
  connection.exec(`
    INSERT INTO "Session" (id, userId, updatedAt) VALUES (1, 'alice', 0);
    INSERT INTO "Message" (id, sessionId, role, status, content) VALUES
      ${prompts.flatMap((content, index) => [
        `(${2 * index + 1}, 1, 'USER', 'COMPLETE', '${content}')`,
        `(${2 * index + 2}, 1, 'ASSISTANT', 'CANCELLED', '')`,
      ])};
    INSERT INTO "Run" (sessionId, status, userMessageId, assistantMessageId, providerName, modelName, startedAt) VALUES
      (1, 'CANCELLED', 1, 2, 'demo', 'demo', NULL), (1, 'CANCELLED', 3, 4, 'demo', 'demo', 5),
      (1, 'COMPLETED', 5, 6, 'demo', 'demo', 5), (1, 'QUEUED', 7, 8, 'demo', 'demo', NULL);
  `);

  migrate(connection, readMigrations());

  const statuses = `SELECT content, status FROM "Message" WHERE role = 'USER' ORDER BY id`;
  expect(connection.prepare(statuses).raw().all()).toEqual([
    ['withdrawn', 'CANCELLED'],
    ['stopped', 'COMPLETE'],
    ['answered', 'COMPLETE'],
    ['waiting', 'COMPLETE'],
  ]);
});

test('an upgrade keeps the nodes of each user, lets another user have the same name, and gives calls their node', () => {
  const connection = new Sqlite(':memory:');
  migrate(
    connection,
    readMigrations().filter(({ name }) => name <= '0005_quotas'),
  );
  connection.exec(`
    INSERT INTO "Session" (id, userId, updatedAt) VALUES (1, 'alice', 0);
    INSERT INTO "Message" (id, sessionId, role, status) VALUES (1, 1, 'ASSISTANT', 'COMPLETE');
    INSERT INTO "AgentNode" (id, nodeId, userId, displayName, capabilities, tokenHash, updatedAt) VALUES
      (1, 'desk', 'bob', '', '[]', 'a', 0), (7, 'laptop', 'alice', 'Mine', '["x"]', 'b', 0);
    INSERT INTO "SessionNode" (sessionId, agentNodeId) VALUES (1, 7);
    INSERT INTO "ToolCall" (messageId, callId, name, args, status, step, textOffset, nodeId) VALUES
      (1, 'a', 'run_command', '{}', 'CANCELLED', 1, 0, 'laptop'),
      (1, 'b', 'run_command', '{}', 'CANCELLED', 1, 0, 'gone'), (1, 'c', 'sum', '{}', 'SUCCEEDED', 1, 0, NULL);
  `);

  migrate(connection, readMigrations());

  const all = (sql: string) => connection.prepare(sql).raw().all();
  expect(all('SELECT id, nodeId, userId, displayName, capabilities, tokenHash FROM "AgentNode"')).toEqual([
    [1, 'desk', 'bob', '', '[]', 'a'],
    [7, 'laptop', 'alice', 'Mine', '["x"]', 'b'],
  ]);
  expect(all('SELECT agentNodeId FROM "SessionNode"')).toEqual([[7]]);
  expect(all('SELECT callId, nodeId, agentNodeId FROM "ToolCall" ORDER BY callId')).toEqual([
    ['a', 'laptop', 7],
    ['b', 'gone', null],
    ['c', null, null],
  ]);
  const add = (userId: string) =>
    connection.exec(`INSERT INTO "AgentNode" (nodeId, userId, displayName, capabilities, updatedAt)
      VALUES ('laptop', '${userId}', '', '[]', 0)`);
  add('bob');
  expect(() => add('alice')).toThrow('UNIQUE');
});

test('an upgrade gives answers the finish reason of their run, and finds how much was reasoned before each tool call', () => {
  const connection = new Sqlite(':memory:');
  migrate(
    connection,
    readMigrations().filter(({ name }) => name < '0011_reasoning_offset'),
  );
  connection.exec(`
    INSERT INTO "Session" (id, userId, updatedAt) VALUES (1, 'alice', 0);
    INSERT INTO "Message" (id, sessionId, role, status, content, reasoning) VALUES
      (1, 1, 'ASSISTANT', 'COMPLETE', 'One two', 'Hm. And then.'), (2, 1, 'ASSISTANT', 'COMPLETE', '', NULL);
    INSERT INTO "Run" (sessionId, status, assistantMessageId, providerName, modelName, finishReason) VALUES
      (1, 'COMPLETED', 1, 'p', 'm', 'LENGTH');
    INSERT INTO "AnswerStep" (messageId, step, providerName, modelName, parts) VALUES
      (1, 1, 'p', 'm', '[{"type":"reasoning","start":0,"end":3},{"type":"text","start":0,"end":99},{"type":"call","callId":"a"}]'),
      (1, 2, 'p', 'm', '[{"type":"call","callId":"b"}]'),
      (1, 3, 'p', 'm', '[{"type":"reasoning","start":4,"end":13},{"type":"call","callId":"c"}]');
    INSERT INTO "ToolCall" (messageId, callId, name, args, status, step, textOffset) VALUES
      (1, 'a', 'sum', '{}', 'SUCCEEDED', 1, 3), (1, 'b', 'sum', '{}', 'SUCCEEDED', 2, 3),
      (1, 'c', 'sum', '{}', 'SUCCEEDED', 3, 7), (2, 'd', 'sum', '{}', 'SUCCEEDED', 1, 0);
  `);

  migrate(connection, readMigrations());

  const offsets = 'SELECT callId, reasoningOffset FROM "ToolCall" ORDER BY callId';
  expect(connection.prepare(offsets).raw().all()).toEqual([
    ['a', 3],
    ['b', 3],
    ['c', 13],
    ['d', 0],
  ]);
  const reasons = 'SELECT finishReason FROM "Message" ORDER BY id';
  expect(connection.prepare(reasons).pluck().all()).toEqual(['LENGTH', null]);
});

test('an upgrade takes the newest run of a session as its last activity, and without a run its creation', () => {
  const connection = new Sqlite(':memory:');
  migrate(
    connection,
    readMigrations().filter(({ name }) => name < '0017_last_activity'),
  );
  connection.exec(`
    INSERT INTO "Session" (id, userId, createdAt) VALUES
      (1, 'alice', '2026-01-01T00:00:00.000+00:00'), (2, 'alice', '2026-01-02T00:00:00.000+00:00'),
      (3, 'alice', '2026-01-03T00:00:00.000+00:00');
    INSERT INTO "Run" (sessionId, status, providerName, modelName, createdAt, startedAt, finishedAt) VALUES
      (2, 'COMPLETED', 'p', 'm', '2026-02-01', '2026-02-01', '2026-02-02'),
      (2, 'COMPLETED', 'p', 'm', '2026-02-03', '2026-02-03', '2026-02-04'),
      (3, 'QUEUED', 'p', 'm', '2026-02-05', NULL, NULL);
  `);

  migrate(connection, readMigrations());

  const times = 'SELECT "lastActivityAt" FROM "Session" ORDER BY id';
  expect(connection.prepare(times).pluck().all()).toEqual([
    '2026-01-01T00:00:00.000+00:00',
    '2026-02-04',
    '2026-02-05',
  ]);
});
