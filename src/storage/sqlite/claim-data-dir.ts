import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { isSqliteBusy } from '../failure/sqlite-error.ts';
import { createPrivateFile } from './create-private-file.ts';

export interface ClaimDataDirOptions {
  /** Milliseconds to wait for a gateway that is stopping. Default: 5,000. */
  waitMs?: number;
}

/**
 * Locks a data folder, so that only this gateway works on it. A second gateway on the same database would treat the
 * live runs of this one as abandoned, because run logs and rings are in the memory of one process. The kernel releases
 * the lock when the process ends, also after a crash. Disposing releases it too.
 *
 * @throws StartupError if the folder cannot be written, or if another gateway holds the lock.
 */
export async function claimDataDir(dir: string, options: ClaimDataDirOptions = {}): Promise<Disposable> {
  const lock = openLock(dir);
  const deadline = performance.now() + (options.waitMs ?? 5_000);
  try {
    while (!tryLock(lock)) {
      if (performance.now() >= deadline) {
        throw new StartupError(
          `Another gateway is using the data folder ${dir}: stop that gateway first, or set another DATA_DIR for this one.`,
        );
      }
      await setTimeout(50);
    }
  } catch (error) {
    lock.close();
    throw error instanceof StartupError ? error : unusable(dir, error);
  }
  return { [Symbol.dispose]: () => void lock.close() };
}

function openLock(dir: string): Sqlite.Database {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const file = join(dir, 'gateway.lock');
    createPrivateFile(file);
    return new Sqlite(file, { timeout: 0 });
  } catch (error) {
    throw unusable(dir, error);
  }
}

function unusable(dir: string, error: unknown): StartupError {
  return new StartupError(`The data folder ${dir} cannot be used: ${messageOf(error)}.`, { cause: error });
}

function tryLock(lock: Sqlite.Database): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isSqliteBusy(error)) return false;
    throw error;
  }
}
