import { chmodSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { buildSync } from 'esbuild';
import { build, isStale } from '../../../build.ts';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migrate } from '../../../src/storage/sqlite/migrate-sqlite.ts';
import { builtScript, migratedDatabase, supportScripts } from './built.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Builds once what all tests share: the program, unless it is newer than its sources, the scripts that run in a
 * process of their own, and a migrated database.
 */
export function setup(): void {
  if (isStale()) build();
  buildSync({
    entryPoints: supportScripts.map((name) => ({
      in: join(root, 'test/support/process', `${name}.ts`),
      out: name,
    })),
    outdir: dirname(builtScript(supportScripts[0])),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2023',
  });
  buildMigratedDatabase();
}

function buildMigratedDatabase(): void {
  rmSync(migratedDatabase, { force: true });
  const database = new Sqlite(migratedDatabase);
  migrate(database, readMigrations());
  database.close();
  // As the gateway makes its own file: only its user may read it.
  chmodSync(migratedDatabase, 0o600);
}
