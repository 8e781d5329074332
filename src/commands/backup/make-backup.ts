import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../base/caught-error.ts';
import { countOf } from '../../base/count-of.ts';
import { type Config, readConfig } from '../../config/config.ts';
import { StartupError } from '../../config/startup-error.ts';
import { copySqlite } from '../../storage/sqlite/copy-database.ts';
import { type CopiedBlobs, copyBlobs, tellMissing } from './copy-blobs.ts';
import { backupDatabase, openStores, sqliteFileOf, storesOfBackup } from './stores.ts';

/**
 * Copies the database and the blobs that the environment names to a folder.
 *
 * @returns What was copied, as a sentence.
 * @throws StartupError if something cannot be read or written, or if a stored file is damaged. The database of an earlier
 *   backup in the folder is then unchanged, or complete.
 */
export async function makeBackup(path: string): Promise<string> {
  const config = readConfig();
  const source = sqliteFileOf(config);
  if (!existsSync(source)) throw new StartupError(`There is no database ${source} to back up.`);
  const folder = resolve(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartupError(`The folder ${folder} cannot be created: ${messageOf(error)}.`, { cause: error });
  }
  const places = await Promise.all([dirname(source), config.dataDir].map((each) => realpath(each)));
  if (places.includes(await realpath(folder))) {
    throw new StartupError(`The folder ${folder} is that of the gateway: name another one for the backup.`);
  }
  // Blobs first, because a gateway may delete one that the database still names; then those that came meanwhile.
  const before = await copyAllBlobs(config, folder);
  await copySqlite(source, join(folder, backupDatabase));
  const after = await copyAllBlobs(config, folder);
  const damaged = [...new Set([...before.damaged, ...after.damaged])];
  if (damaged.length > 0) {
    const shown = damaged.slice(0, 3).join(', ');
    throw new StartupError(
      `The backup in ${folder} lacks ${damaged.length} stored files whose bytes are damaged: ${shown}${damaged.length > 3 ? ', …' : ''}.`,
    );
  }
  const files = `${countOf(before.copied + after.copied, 'stored file')} (${before.bytes + after.bytes} bytes)`;
  const copies = await storesOfBackup(folder);
  const missing = await tellMissing(join(folder, backupDatabase), [copies]);
  const kept = before.kept === 0 ? '' : ` Left ${countOf(before.kept, 'file')} that had been there before.`;
  return `Copied the database and ${files} to ${folder}, and checked them.${kept}${missing}`;
}

async function copyAllBlobs({ blobs }: Config, folder: string): Promise<CopiedBlobs> {
  const sum: CopiedBlobs = { copied: 0, kept: 0, bytes: 0, damaged: [] };
  const [sources, targets] = [await openStores(blobs), await storesOfBackup(folder)];
  for (const [index, source] of sources.entries()) {
    const target = targets[index];
    if (target === undefined) continue;
    const { copied, kept, bytes, damaged } = await copyBlobs(source, target);
    sum.copied += copied;
    sum.kept += kept;
    sum.bytes += bytes;
    sum.damaged.push(...damaged);
  }
  for (const store of [...sources, ...targets]) await store[Symbol.asyncDispose]();
  return sum;
}
