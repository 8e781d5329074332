import { isPostgresUrl } from '../../config/database-url.ts';
import type { Snapshots } from '../database.ts';
import { databaseFile } from '../sqlite/database-file.ts';
import type { DatabaseSettings } from './open-database.ts';

/** The database must have been opened before, so that its migrations are applied. */
export async function openSnapshots(settings: DatabaseSettings): Promise<Snapshots> {
  if (!isPostgresUrl(settings.url)) {
    const { openSqliteSnapshots } = await import('../sqlite/sqlite-snapshots.ts');
    return openSqliteSnapshots(databaseFile(settings.url));
  }
  const { openPostgresSnapshots } = await import('../postgres/postgres-snapshots.ts');
  return openPostgresSnapshots(settings);
}
