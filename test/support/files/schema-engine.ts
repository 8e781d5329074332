import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Migration } from '../../../src/storage/migrations/migrations.ts';

const { resolve } = createRequire(import.meta.url);
const filters = { externalTables: [], externalEnums: [] };

/** The SQL with which Prisma would create an empty database for a schema, of SQLite or of PostgreSQL. */
export async function sqlForSchema(schema: string): Promise<string> {
  const files = [{ path: 'schema.prisma', content: schema }];
  const describe = async (schemaEngine: engine.SchemaEngine) => {
    const { stdout } = await schemaEngine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters,
    });
    return stdout ?? '';
  };
  if (schema.includes('provider = "sqlite"')) return withSchemaEngine(':memory:', describe);
  await engineLoaded;
  return describe(await engine.SchemaEngine.new({ datamodels: undefined }, () => {}, unusedPostgres));
}

const refuse = () => Promise.reject(new Error('There is no server.'));

const noServer: SqlDriverAdapter = {
  provider: 'postgres',
  adapterName: 'no server',
  // The one question: whether the schema "public" exists, and the version of the server.
  queryRaw: () =>
    Promise.resolve({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
      rows: [[true, 'PostgreSQL 15', 150_000]],
    }),
  executeRaw: refuse,
  executeScript: refuse,
  startTransaction: refuse,
  dispose: () => Promise.resolve(),
};

/** The engine wants a connection also to compare two schemas. */
const unusedPostgres = bindMigrationAwareSqlAdapterFactory({
  provider: 'postgres',
  adapterName: 'no server',
  connect: () => Promise.resolve(noServer),
  connectToShadowDb: () => Promise.resolve(noServer),
});

/** Does to a database file what `prisma migrate deploy` does. Returns the names of the applied migrations. */
export function deployMigrations(file: string, migrations: Migration[]): Promise<string[]> {
  return withSchemaEngine(file, async (schemaEngine) => {
    const deployed = await schemaEngine.applyMigrations({
      migrationsList: migrationsList(migrations),
      filters,
    });
    return deployed.appliedMigrationNames;
  });
}

/** Returns what `prisma migrate status` reports about a database file. */
export function diagnoseMigrations(file: string, migrations: Migration[]) {
  return withSchemaEngine(file, (schemaEngine) =>
    schemaEngine.diagnoseMigrationHistory({
      migrationsList: migrationsList(migrations),
      optInToShadowDatabase: false,
      filters,
    }),
  );
}

function migrationsList(migrations: Migration[]) {
  return {
    baseDir: '/migrations',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "sqlite"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    })),
  };
}

async function withSchemaEngine<T>(
  url: string,
  work: (schemaEngine: engine.SchemaEngine) => Promise<T>,
): Promise<T> {
  await engineLoaded;
  const factory = new PrismaBetterSqlite3({ url });
  const connections: Awaited<ReturnType<typeof factory.connect>>[] = [];
  const adapter = bindMigrationAwareSqlAdapterFactory({
    provider: factory.provider,
    adapterName: factory.adapterName,
    connectToShadowDb: () => factory.connectToShadowDb(),
    async connect() {
      const connection = await factory.connect();
      connections.push(connection);
      return connection;
    },
  });
  try {
    return await work(await engine.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter));
  } finally {
    // The engine locks the file while it has a connection, and it does not close its connections.
    for (const connection of connections) await connection.dispose();
  }
}

// Load the engine once: its JavaScript part holds one instance, so a second load would break open engines.
const engineLoaded = loadEngine();

async function loadEngine(): Promise<void> {
  // The package's own entry imports the .wasm file as a module, which Node.js 20 does not support.
  const wasm = await readFile(
    resolve('@prisma/schema-engine-wasm').replace(/[^/\\]+$/, 'schema_engine_bg.wasm'),
  );
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': { ...engine } });
  engine.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  // The engine calls this with the message of a panic.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message(message: string) {
        throw new Error(`The schema engine panicked: ${message}`);
      },
    },
  });
}
