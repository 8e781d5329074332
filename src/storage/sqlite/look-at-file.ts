import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** With fewer free bytes the next writes fail, for example because the write-ahead log cannot grow. */
const minFreeBytes = 1_048_576;

/** Says why the file of a database cannot be used any more. Rejects if it cannot be read. */
export async function lookAtFile(file: string): Promise<string | undefined> {
  // SQLite goes on with a file that was deleted, and everything is lost when the gateway stops.
  await stat(file);
  const { bavail, bsize } = await statfs(dirname(file));
  return bavail * bsize < minFreeBytes ? 'the disk is full' : undefined;
}
