import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { fileError } from '../../sync/file-tools/file-error.ts';
import { ToolError } from '../../sync/file-tools/tool-error.ts';

/**
 * O_NOFOLLOW refuses a link that replaced the file after the check. O_NONBLOCK keeps the agent from waiting for
 * a writer if a pipe replaced it.
 */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file for reading.
 *
 * @param realPath What `Workspace.locate` returned.
 * @param path The path as the model wrote it, for error messages.
 * @throws ToolError FAILED if the file does not exist, or is a folder, a pipe, a device or a socket.
 */
export async function openFile(realPath: string, path: string): Promise<FileHandle> {
  try {
    // Check before opening, because merely opening some devices has an effect.
    checkRegular(await lstat(realPath), path);
    const file = await open(realPath, flags);
    try {
      checkRegular(await file.stat(), path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

/** @throws ToolError FAILED for anything but a regular file. */
export function checkRegular(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'a folder' : 'not a regular file';
  throw new ToolError('FAILED', `${JSON.stringify(path)} is ${what}.`);
}
