import { opendir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Milliseconds after which a temporary file belongs to no upload: an upload writes to its file until it ends. */
const deadAfterMs = 3_600_000;

/**
 * Deletes temporary files that graphql-upload-ts left in the folder when a process crashed. Other processes use the same
 * folder, so a file that was written to within the last hour stays. Files that cannot be deleted belong to other users.
 */
export async function sweepTemporaryUploads(folder = tmpdir()): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    if (!/^capacitor-[0-9a-f]+\.tmp$/.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > deadAfterMs) await rm(path, { force: true }).catch(() => {});
  }
}
