import { closeSync, openSync } from 'node:fs';

/**
 * Makes an empty file that only its owner may read and write. One that is there stays as it is, and is not even
 * opened: closing it would take the locks that this process has on it.
 */
export function makeOwnFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
