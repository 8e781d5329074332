import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { projectRoot } from '../../base/project-root.ts';
import type { Dialect } from '../statements/statement.ts';

/** One change of the database's schema: a folder `NNNN_name` with a `migration.sql`. */
export interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the file, in hex, as Prisma records it. */
  checksum: string;
}

/** Reads this program's migrations for a database, oldest first. Default: those for SQLite. */
export function readMigrations(provider: Dialect = 'sqlite'): Migration[] {
  const folder = new URL(`prisma/migrations/${provider}/`, projectRoot);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const file = readFileSync(new URL(`${name}/migration.sql`, folder));
      return { name, sql: file.toString('utf8'), checksum: createHash('sha256').update(file).digest('hex') };
    });
}
