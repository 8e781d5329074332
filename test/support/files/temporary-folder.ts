import { accessSync, constants, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Where temporary files are written fastest. */
export const fastest = findFastest();

/**
 * Creates an empty folder. Disposing deletes it with all its contents.
 *
 * @param parent The folder to create it in. Default: one in memory if there is room, else that of the system.
 */
export async function openTemporaryFolder(parent = fastest): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parent, 'switchyard-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Linux has a file system in memory. There a commit does not wait for a disk, and tests commit thousands of times. The
 * memory of a container is often 64 MB, which a test that stores recordings would fill.
 */
function findFastest(): string {
  const inMemory = '/dev/shm';
  try {
    accessSync(inMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize >= 2 ** 31 ? inMemory : tmpdir();
  } catch {
    return tmpdir();
  }
}
