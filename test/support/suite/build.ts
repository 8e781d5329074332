import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { buildSync } from 'esbuild';
import { build } from '../../../build.ts';
import { migrate } from '../../../src/storage/migrate.ts';
import { readMigrations } from '../../../src/storage/migrations.ts';
import { builtScript, migratedDatabase, supportScripts } from './built.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The last files that a build writes, of the program and of its console. */
const results = ['dist/main.js', 'dist/console/main.js'];
/** What a build depends on besides the sources. */
const settings = ['build.ts', 'package-lock.json', 'tsconfig.json'];

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

/** Folders count too: their time tells that a file was removed. */
function isStale(): boolean {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const needed = [...settings, ...sources.map((file) => join('src', file))];
  const builtAt = Math.min(...results.map(writtenAt));
  return needed.some((file) => writtenAt(file) > builtAt);
}

/** In milliseconds; 0 for a file that is not there. */
function writtenAt(file: string): number {
  const path = join(root, file);
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}
