import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { ofWorkspaces, openBlobStore } from '../../blobs/open-blob-store.ts';
import type { Config } from '../../config/config.ts';
import { isPostgresUrl } from '../../config/database-url.ts';
import { StartupError } from '../../config/startup-error.ts';
import { databaseFile } from '../../storage/sqlite/database-file.ts';

/** The name of the database in the folder of a backup. */
export const backupDatabase = 'switchyard.db';

/** The stores of blobs of a gateway, or of a backup: recordings and attachments, and the files of workspaces. */
export async function openStores(blobs: Config['blobs']): Promise<BlobStore[]> {
  return [await openBlobStore(blobs), await openBlobStore(ofWorkspaces(blobs))];
}

export function storesOfBackup(folder: string): Promise<BlobStore[]> {
  const url = pathToFileURL(join(folder, 'blobs')).href;
  return openStores({ url, accessKeyId: undefined, secretAccessKey: undefined });
}

/**
 * The file of the gateway's database.
 *
 * @throws StartupError for PostgreSQL, which has programs of its own for this.
 */
export function sqliteFileOf({ database: { url } }: Config): string {
  if (!isPostgresUrl(url)) return databaseFile(url);
  throw new StartupError(
    'DATABASE_URL is a PostgreSQL server: use pg_dump and pg_restore for it, and copy the place of BLOB_URL.',
  );
}
