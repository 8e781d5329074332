import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { StartupError } from '../config/startup-error.ts';
import { isBusy } from './busy.ts';
import { makeOwnFile } from './make-own-file.ts';

export interface ClaimDataDirOptions {
  /** How long to wait for a predecessor that is just stopping, in milliseconds; default 5,000. */
  waitMs?: number;
}

/**
 * Makes this gateway the only one that works on a data folder: run logs and rings are in its memory, and
 * another gateway on the same database would take its live runs for abandoned ones. The claim is a file lock
 * that the kernel takes back when the process dies, however it dies. Disposing gives it up.
 *
 * @throws StartupError when the folder cannot be written, or another gateway keeps it.
 */
export async function claimDataDir(dir: string, options: ClaimDataDirOptions = {}): Promise<Disposable> {
  const lock = openLock(dir);
  const deadline = performance.now() + (options.waitMs ?? 5_000);
  try {
    while (!tryLock(lock)) {
      if (performance.now() >= deadline) {
        throw new StartupError(
          `Another gateway is using the data folder ${dir}: stop it first, or give this one a DATA_DIR of its own.`,
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
    makeOwnFile(file);
    return new Sqlite(file, { timeout: 0 });
  } catch (error) {
    throw unusable(dir, error);
  }
}

function unusable(dir: string, error: unknown): StartupError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StartupError(`The data folder ${dir} cannot be used: ${reason}.`, { cause: error });
}

function tryLock(lock: Sqlite.Database): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}
