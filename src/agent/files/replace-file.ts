import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError, isMissing } from '../../sync/file-tools/file-error.ts';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import { isPrivateName } from '../../sync/path.ts';
import { checkRegular } from './open-file.ts';
import type { Workspace } from './workspace.ts';

/**
 * Creates a file, or replaces its content, in one step: a reader sees the old content or the new one, never a
 * part. Missing folders are created. A file that exists keeps its mode.
 *
 * The library `write-file-atomic` follows a link that replaced the file after the check, and it fails for names of
 * nearly 255 bytes, because it adds its suffix to the name.
 *
 * @param path The path as the model wrote it.
 * @returns Whether the file is new.
 * @throws ToolError POLICY outside the workspace and in a `.git` or `.switchyard` folder, FAILED if the file cannot be written.
 */
export async function replaceFile(workspace: Workspace, path: string, content: string): Promise<boolean> {
  const realPath = await workspace.locate(path);
  checkNotPrivate(workspace.relativePath(realPath), path);
  const draft = join(dirname(realPath), `.${randomUUID()}.tmp`);
  try {
    const mode = await modeOf(realPath, path);
    await mkdir(dirname(realPath), { recursive: true });
    try {
      await using file = await open(draft, 'wx', 0o666);
      if (mode !== undefined) await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await rename(draft, realPath);
    return mode === undefined;
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * Files in `.git` name programs that git runs, so a model that writes them could get around the policy. `.switchyard` has
 * the files of other sessions, and what the agent remembers of them.
 */
function checkNotPrivate(relativePath: string, path: string): void {
  const name = relativePath.split('/').find(isPrivateName);
  if (name === undefined) return;
  throw new ToolError(
    'POLICY',
    `${JSON.stringify(path)} is in a ${name} folder, where the agent never writes.`,
  );
}

async function modeOf(realPath: string, path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(realPath);
    checkRegular(stats, path);
    return stats.mode & 0o7777;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
