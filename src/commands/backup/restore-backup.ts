import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readConfig } from '../../config/config.ts';
import { StartupError } from '../../config/startup-error.ts';
import { claimDataDir } from '../../storage/sqlite/claim-data-dir.ts';
import { copySqlite } from '../../storage/sqlite/copy-database.ts';
import { examineSqlite } from '../../storage/sqlite/examine-sqlite.ts';
import { copyBlobs } from './copy-blobs.ts';
import { backupDatabase, openStores, sqliteFileOf, storesOfBackup } from './stores.ts';

/**
 * Puts a backup where the environment says that the gateway has its data. A database that is there is never overwritten.
 * The database comes last, so that a restore that was broken off can be repeated.
 *
 * @returns What was restored, as a sentence.
 * @throws StartupError if the backup is damaged or from a newer version, if there is a database already, or if a gateway
 *   is running.
 */
export async function restoreBackup(path: string): Promise<string> {
  const config = readConfig();
  const target = sqliteFileOf(config);
  const folder = resolve(path);
  const source = join(folder, backupDatabase);
  if (!existsSync(source))
    throw new StartupError(`There is no backup in ${folder}: it lacks ${backupDatabase}.`);
  examineSqlite(`file:${source}`);
  if (existsSync(target)) {
    throw new StartupError(`There is a database ${target} already: move it away, or set another DATA_DIR.`);
  }
  using _ = await claimDataDir(config.dataDir, { waitMs: 0 });
  let files = 0;
  const [sources, targets] = [await storesOfBackup(folder), await openStores(config.blobs)];
  for (const [index, store] of sources.entries()) {
    const { copied, kept, damaged } = await copyBlobs(store, targets[index] ?? store);
    if (damaged.length > 0) {
      throw new StartupError(
        `The backup is damaged: the bytes of ${damaged[0]} are not those that were stored.`,
      );
    }
    files += copied + kept;
  }
  for (const store of [...sources, ...targets]) await store[Symbol.asyncDispose]();
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await copySqlite(source, target);
  return `The database ${target} and ${files} stored files were restored and checked. Start the gateway.`;
}
