import { execFile } from 'node:child_process';
import { closeSync, existsSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const fsyncAsync = promisify(fsync);
const run = promisify(execFile);

/** Of coreutils: with `-f` it writes everything that waits for one file system. */
const program = ['/usr/bin/sync', '/bin/sync'].find(
  (path) => process.platform === 'linux' && existsSync(path),
);
/** From so many files on, one call for all of them takes less time than a call for each. */
const manyFiles = 48;
const together = 16;

/**
 * Resolves when the content of files will survive a loss of power.
 *
 * @param folder On the file system of the files.
 */
export async function makeDurable(files: readonly string[], folder: string): Promise<void> {
  if (files.length >= manyFiles && program !== undefined) {
    const isDone = await run(program, ['-f', folder], { env: {} }).then(
      () => true,
      // Not every program of this name knows `-f`.
      () => false,
    );
    if (isDone) return;
  }
  for (let start = 0; start < files.length; start += together) {
    await Promise.all(files.slice(start, start + together).map(syncFile));
  }
}

async function syncFile(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    await fsyncAsync(fd);
  } finally {
    closeSync(fd);
  }
}
