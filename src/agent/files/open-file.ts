import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { ToolError } from '../errors/tool-error.ts';
import { fileError } from './file-error.ts';

/** No link that was put in place of the file since it was looked at, and no waiting for the other end of a pipe. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a plain file for reading.
 *
 * @param place Where it is, as `Workspace.locate` says.
 * @param path As the model wrote it.
 * @throws ToolError FAILED where there is none, or it is a folder, a pipe, a device or a socket.
 */
export async function openFile(place: string, path: string): Promise<FileHandle> {
  try {
    // Before it is opened: with some devices that alone does something.
    checkPlain(await lstat(place), path);
    const file = await open(place, flags);
    try {
      checkPlain(await file.stat(), path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

/** @throws ToolError FAILED where something is no plain file. */
export function checkPlain(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'is a folder' : 'is no plain file';
  throw new ToolError('FAILED', `${JSON.stringify(path)} ${what}.`);
}
