import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { isPostgresUrl } from '../../config/database-url.ts';
import type { OpenDatabase } from '../database.ts';
import type { Claim } from '../postgres/claim-postgres.ts';
import { databaseFile } from '../sqlite/database-file.ts';
import { openSqlite } from '../sqlite/open-sqlite.ts';

export interface DatabaseSettings {
  /** A `file:` URL, or a `postgresql:` one. */
  url: string;
  /** For PostgreSQL: the most connections that are open at once. */
  connections: number;
  /** For PostgreSQL: milliseconds that a statement may take, and that a caller may wait for a connection. */
  timeoutMs: number;
}

/**
 * Opens the database that the settings name, and applies the missing migrations.
 *
 * @throws StartupError if the database cannot be used.
 */
export async function openDatabase(settings: DatabaseSettings, log: Logger): Promise<OpenDatabase> {
  if (!isPostgresUrl(settings.url)) return openSqlite({ url: settings.url, log });
  // Loaded only when needed: most installations use SQLite.
  const { openPostgres } = await import('../postgres/open-postgres.ts');
  return openPostgres(settings, log);
}

/**
 * Locks a database of PostgreSQL, for this gateway alone or for gateways that Redis connects. Undefined for an SQLite
 * file, which the lock on its folder keeps.
 *
 * @throws StartupError if another gateway holds the lock, or the server cannot be reached.
 */
export async function claimServer(
  settings: DatabaseSettings,
  log: Logger,
  { isShared }: { isShared: boolean },
): Promise<Claim | undefined> {
  if (!isPostgresUrl(settings.url)) return undefined;
  const { claimPostgres } = await import('../postgres/claim-postgres.ts');
  return claimPostgres(settings, log, { isShared });
}

/** The folder of an SQLite file; undefined for a server. */
export function databaseFolder(url: string): string | undefined {
  return isPostgresUrl(url) ? undefined : dirname(databaseFile(url));
}

/** What messages call a database. The URL of a server may hold a password. */
export function databaseName(url: string): string {
  return isPostgresUrl(url) ? 'at DATABASE_URL' : databaseFile(url);
}
