import { StartupError } from '../../config/startup-error.ts';
import type { Migration } from './migrations.ts';

/** A row of Prisma's table of applied migrations, with Prisma's names of the columns. */
export interface HistoryRow {
  migration_name: string;
  checksum: string;
  /** Null: the migration has begun and has not ended. */
  finished_at: unknown;
}

/**
 * Returns the migrations that a database does not have yet.
 *
 * @param database Its name, for messages.
 * @throws StartupError if the history of the database contradicts the migrations.
 */
export function checkHistory(
  history: readonly HistoryRow[],
  migrations: readonly Migration[],
  database: string,
): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum, finished_at: finishedAt } of history) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new StartupError(
        `The database ${database} is from a newer version (its migration ${name} is unknown here): ` +
          'run that version, or restore a backup.',
      );
    }
    if (finishedAt === null) {
      throw new StartupError(
        `The migration ${name} of the database ${database} failed half-way: restore a backup, or repair ` +
          'the database by hand and mark the migration with `prisma migrate resolve`.',
      );
    }
    if (checksum !== migration.checksum) {
      throw new StartupError(
        `The migration ${name} was edited after the database ${database} had applied it: ` +
          'restore the migration file, and put the change into a new migration.',
      );
    }
  }
  const applied = new Set(history.map((row) => row.migration_name));
  return migrations.filter((migration) => !applied.has(migration.name));
}
