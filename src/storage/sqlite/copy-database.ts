import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { sqliteReason } from '../failure/sqlite-error.ts';
import { createPrivateFile } from './create-private-file.ts';
import { checkIntegrity } from './examine-sqlite.ts';

/** More pages than any database has: a copy in one step is not started again when a gateway writes meanwhile. */
const allPages = 2 ** 31 - 1;

/**
 * Copies an SQLite file as it is at one moment, while a gateway may use it, checks the copy, and puts it in the place of
 * `target` in one step. The file lasts over a power cut when this resolves.
 *
 * @throws StartupError if the file cannot be read or written, or if the copy is damaged; `target` is then unchanged.
 */
export async function copySqlite(source: string, target: string): Promise<void> {
  const unfinished = `${target}.unfinished`;
  await removeWithCompanions(unfinished);
  try {
    createPrivateFile(unfinished);
    const connection = new Sqlite(source, { readonly: true, timeout: 5_000 });
    try {
      await connection.backup(unfinished, { progress: () => allPages });
    } finally {
      connection.close();
    }
    settle(unfinished);
    await sync(unfinished);
    // Changes of an earlier copy that somebody opened would be taken for changes of this one.
    for (const end of companions) await rm(target + end, { force: true });
    await rename(unfinished, target);
    await sync(dirname(target));
  } catch (error) {
    await removeWithCompanions(unfinished);
    if (error instanceof StartupError) throw error;
    const reason = error instanceof Sqlite.SqliteError ? sqliteReason(error) : messageOf(error);
    throw new StartupError(`The database ${source} cannot be copied to ${target}: ${reason}.`, {
      cause: error,
    });
  }
}

/** Checks the copy, and leaves it without a `-wal` file, so that it is one file. */
function settle(file: string): void {
  const copy = new Sqlite(file);
  try {
    copy.pragma('journal_mode = DELETE');
    checkIntegrity(copy);
  } finally {
    copy.close();
  }
}

const companions = ['-wal', '-shm', '-journal'];

async function removeWithCompanions(file: string): Promise<void> {
  for (const end of ['', ...companions]) await rm(file + end, { force: true });
}

async function sync(path: string): Promise<void> {
  await using file = await open(path);
  await file.sync();
}
