import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Migration } from '../../../src/storage/migrations.ts';

const { resolve } = createRequire(import.meta.url);
const filters = { externalTables: [], externalEnums: [] };

/** The SQL with which Prisma would create an empty database for a schema. */
export function sqlForSchema(schema: string): Promise<string> {
  const files = [{ path: 'schema.prisma', content: schema }];
  return withSchemaEngine(':memory:', async (schemaEngine) => {
    const { stdout } = await schemaEngine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters,
    });
    return stdout ?? '';
  });
}

/** What `prisma migrate deploy` does to a file: the names of the migrations that it applied. */
export function deployMigrations(file: string, migrations: Migration[]): Promise<string[]> {
  return withSchemaEngine(file, async (schemaEngine) => {
    const deployed = await schemaEngine.applyMigrations({
      migrationsList: migrationsList(migrations),
      filters,
    });
    return deployed.appliedMigrationNames;
  });
}

/** What `prisma migrate status` thinks of a file. */
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
    // The engine locks a file for as long as it has a connection to it, and closes none itself.
    for (const connection of connections) await connection.dispose();
  }
}

// Its JavaScript half holds one instance, so that loading it again would break the engines that are open.
const engineLoaded = loadEngine();

async function loadEngine(): Promise<void> {
  // The package's own entry imports the .wasm file as a module, which Node.js 20 does not do.
  const wasm = await readFile(
    resolve('@prisma/schema-engine-wasm').replace(/[^/\\]+$/, 'schema_engine_bg.wasm'),
  );
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': { ...engine } });
  engine.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  // Where a panic of the engine leaves its message.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message(message: string) {
        throw new Error(`The schema engine panicked: ${message}`);
      },
    },
  });
}
