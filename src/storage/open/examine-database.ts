import { isPostgresUrl } from '../../config/database-url.ts';
import { examineSqlite } from '../sqlite/examine-sqlite.ts';
import type { DatabaseSettings } from './open-database.ts';

/** What a look at a database found that can be used. */
export interface ExaminedDatabase {
  /** Whether there is a database already. The first start creates an SQLite file. */
  exists: boolean;
  /** The migrations that the next start applies. */
  pending: string[];
}

/**
 * Looks at a database without changing it: whether it can be opened, belongs to this program and is not damaged. A
 * gateway may use it at the same time.
 *
 * @throws StartupError with a sentence that says what is wrong.
 */
export async function examineDatabase(settings: DatabaseSettings): Promise<ExaminedDatabase> {
  if (!isPostgresUrl(settings.url)) return examineSqlite(settings.url);
  const { examinePostgres } = await import('../postgres/examine-postgres.ts');
  return examinePostgres(settings);
}
