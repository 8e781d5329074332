import { closeSync, openSync } from 'node:fs';
import { hasCode } from '../../base/caught-error.ts';

/**
 * Creates an empty file that only its owner may read and write. An existing file is not touched and not opened, because
 * closing it would release the locks that this process holds on it.
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
