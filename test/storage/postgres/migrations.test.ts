import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migratePostgres } from '../../../src/storage/postgres/migrate-postgres.ts';
import { sqlForSchema } from '../../support/files/schema-engine.ts';
import { describeWithPostgres, openEmptyDatabase } from '../../support/process/postgres.ts';

const migrations = readMigrations('postgresql');
const names = migrations.map(({ name }) => name);

async function connect(url: string) {
  const client = new pg.Client(url);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** The columns, indexes and constraints of a database, in the words of PostgreSQL. */
async function describeSchema(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(`
    SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid)) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
    UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND conrelid <> '"_prisma_migrations"'::regclass
    UNION ALL SELECT format('%s %s', t.typname, string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder))
      FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname`);
  return rows.map(({ line }) => line).toSorted();
}

describeWithPostgres('migrations of PostgreSQL', () => {
  test('they create what the schema describes, and what it cannot express', async () => {
    await using migrated = await openEmptyDatabase();
    await using ours = await connect(migrated.url);
    expect(await migratePostgres(ours, migrations, migrated.name)).toEqual(names);
    await using described = await openEmptyDatabase();
    await using theirs = await connect(described.url);
    await theirs.query('CREATE TABLE "_prisma_migrations" (id INTEGER)');
    const schema = readFileSync(new URL('../../../prisma/postgresql/schema.prisma', import.meta.url), 'utf8');
    await theirs.query(await sqlForSchema(schema));
    await theirs.query(`
      CREATE UNIQUE INDEX "Run_sessionId_live_key" ON "Run"("sessionId") WHERE "status" = 'RUNNING';
      CREATE INDEX "Session_clearedThroughId_idx" ON "Session"("id") WHERE "clearedThroughId" > 0;
      CREATE INDEX "Run_steersId_queued_idx" ON "Run"("steersId") WHERE "status" = 'QUEUED' AND "steersId" IS NOT NULL;
      CREATE TABLE "SessionTitle" (
        "sessionId" INTEGER NOT NULL, "title" TEXT NOT NULL, "userId" TEXT NOT NULL, "featureName" TEXT NOT NULL, PRIMARY KEY ("sessionId"));
      CREATE FUNCTION "titlePieces"(TEXT, TEXT, TEXT) RETURNS TEXT[] IMMUTABLE LANGUAGE sql AS 'SELECT ARRAY[$1]';
      CREATE INDEX "SessionTitle_pieces_idx" ON "SessionTitle"
        USING GIN ("titlePieces"("title", "userId", "featureName") COLLATE "C") WITH (gin_pending_list_limit = 512);
      CREATE INDEX "Session_archived_id_idx" ON "Session"((coalesce("isArchived",FALSE)), "id");
      CREATE INDEX "Session_archived_lastActivityAt_id_idx" ON "Session"((coalesce("isArchived",FALSE)), "lastActivityAt", "id");
      CREATE INDEX "Session_featureName_archived_id_idx" ON "Session"("featureName", (coalesce("isArchived",TRUE)), "id");
      CREATE INDEX "Session_featureName_archived_lastActivityAt_id_idx" ON "Session"("featureName", (coalesce("isArchived",TRUE)), "lastActivityAt", "id");
      CREATE INDEX "Session_userId_featureName_archived_id_idx" ON "Session"("userId", "featureName", (coalesce("isArchived","isArchived")), "id");
      CREATE INDEX "Session_userId_featureName_archived_lastActivityAt_id_idx" ON "Session"("userId", "featureName", (coalesce("isArchived","isArchived")), "lastActivityAt", "id");
      CREATE TABLE "MessageText" ("rowid" INTEGER NOT NULL, "terms" INTEGER[] NOT NULL, PRIMARY KEY ("rowid"));
      CREATE INDEX "MessageText_terms_idx" ON "MessageText" USING GIN ("terms") WITH (gin_pending_list_limit = 512);
      CREATE TABLE "MessageToIndex" ("messageId" INTEGER NOT NULL, PRIMARY KEY ("messageId"));
      CREATE TABLE "SessionTag" (
        "sessionId" INTEGER NOT NULL, "tag" TEXT NOT NULL, "userId" TEXT NOT NULL, "featureName" TEXT NOT NULL,
        "isArchived" BOOLEAN NOT NULL, "lastActivityAt" TIMESTAMP(3) NOT NULL, PRIMARY KEY ("sessionId", "tag"));
      CREATE INDEX "SessionTag_tag_isArchived_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "sessionId");
      CREATE INDEX "SessionTag_userId_tag_isArchived_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "sessionId");
      CREATE INDEX "SessionTag_tag_isArchived_lastActivityAt_sessionId_idx"
        ON "SessionTag"((coalesce("tag",'')), "isArchived", "lastActivityAt", "sessionId");
      CREATE INDEX "SessionTag_userId_tag_isArchived_lastActivityAt_sessionId_idx"
        ON "SessionTag"("userId", "tag", "isArchived", "lastActivityAt", "sessionId")`);

    expect(await describeSchema(ours)).toEqual(await describeSchema(theirs));
  });

  test('an upgrade puts the titles into the index, which follows them from then on', async () => {
    await using database = await openEmptyDatabase();
    await using client = await connect(database.url);
    const before = migrations.findIndex(({ name }) => name === '0005_title_pieces');
    await migratePostgres(client, migrations.slice(0, before), database.name);
    const insert = (id: number, title: string | null) =>
      client.query(
        `INSERT INTO "Session" ("id", "userId", "title", "updatedAt") VALUES ($1, 'alice', $2, now())`,
        [id, title],
      );
    await insert(1, 'Ship 語');
    await insert(2, null);
    await migratePostgres(client, migrations, database.name);
    await insert(3, 'Chip');
    await insert(4, '');
    const found = async (...pieces: string[]) => {
      const { rows } = await client.query<{ id: number }>(
        `SELECT "sessionId" AS "id" FROM "SessionTitle"
         WHERE "titlePieces"("title", "userId", "featureName") @> $1 ORDER BY 1`,
        [pieces],
      );
      return rows.map(({ id }) => id);
    };
    expect(await found('hip')).toEqual([1, 3]);
    expect(await found('語', 'ip', 'user:alice', 'feature:default')).toEqual([1]);
    expect(await found('hip', 'user:bob')).toEqual([]);

    await client.query(`UPDATE "Session" SET "title" = 'Boat' WHERE "id" = 1`);
    await client.query(`UPDATE "Session" SET "title" = 'Whip' WHERE "id" = 2`);
    await client.query(`UPDATE "Session" SET "title" = NULL WHERE "id" = 3`);
    expect(await found('hip')).toEqual([2]);
    expect(await found('b', 'boa', 'oat')).toEqual([1]);
    await client.query('DELETE FROM "Session"');
    expect(await found('feature:default')).toEqual([]);
  });

  test('gateways that start at the same time apply each migration once', async () => {
    await using database = await openEmptyDatabase();
    const start = async () => {
      await using client = await connect(database.url);
      return await migratePostgres(client, migrations, database.name);
    };
    const applied = await Promise.all(Array.from({ length: 4 }, start));
    expect(applied.flat()).toEqual(names);
  });

  test('a migration that fails changes nothing, and the next start applies it', async () => {
    await using database = await openEmptyDatabase();
    await using client = await connect(database.url);
    const first = { name: '0001_first', sql: 'CREATE TABLE "First" (id INTEGER)', checksum: '1' };
    const second = { name: '0002_second', sql: 'CREATE TABLE "Second" (id INTEGER)', checksum: '2' };
    const broken = { ...second, sql: `${second.sql}; CREATE TABLE "First" (id INTEGER)` };
    await expect(migratePostgres(client, [first, broken], database.name)).rejects.toThrow('already exists');
    expect(await migratePostgres(client, [first, second], database.name)).toEqual(['0002_second']);
  });

  test('a database of another program, of a newer version, or with an edited migration is refused and unchanged', async () => {
    await using database = await openEmptyDatabase();
    await using client = await connect(database.url);
    await client.query('CREATE TABLE "Theirs" (id INTEGER)');
    await expect(migratePostgres(client, migrations, database.name)).rejects.toThrow(
      'belongs to another program',
    );
    await client.query('DROP TABLE "Theirs"');
    await migratePostgres(client, migrations, database.name);
    const edited = migrations.map((migration) => ({ ...migration, checksum: 'other' }));
    await expect(migratePostgres(client, edited, database.name)).rejects.toThrow('was edited after');
    await expect(migratePostgres(client, [], database.name)).rejects.toThrow('is from a newer version');
  });
});
