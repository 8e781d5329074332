import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { countOf } from '../../base/count-of.ts';
import { readConfig } from '../../config/config.ts';
import { StartupError } from '../../config/startup-error.ts';
import { claimDataDir } from '../../storage/sqlite/claim-data-dir.ts';
import { copySqlite } from '../../storage/sqlite/copy-database.ts';
import { examineSqlite } from '../../storage/sqlite/examine-sqlite.ts';
import { copyBlobs, tellMissing } from './copy-blobs.ts';
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
  // A pipe of this name would never be read to its end.
  if (!statSync(source, { throwIfNoEntry: false })?.isFile())
    throw new StartupError(`There is no backup in ${folder}: it lacks ${backupDatabase}.`);
  if (!examineSqlite(`file:${source}`).hasData)
    throw new StartupError(`The database ${source} is empty: it is no backup of a gateway.`);
  if (existsSync(target)) {
    throw new StartupError(`There is a database ${target} already: move it away, or set another DATA_DIR.`);
  }
  refuseLeftovers(target);
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
  const missing = await tellMissing(source, [sources, targets]);
  for (const store of [...sources, ...targets]) await store[Symbol.asyncDispose]();
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await copySqlite(source, target);
  return `Restored the database ${target} and ${countOf(files, 'stored file')}, and checked them.${missing} Start the gateway.`;
}

/** SQLite would take what is left of another database for changes of the restored one, and damage it with them. */
function refuseLeftovers(target: string): void {
  for (const file of [`${target}-wal`, `${target}-journal`]) {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) continue;
    throw new StartupError(`${file} belongs to a database that is not there any more: move it away, too.`);
  }
}
