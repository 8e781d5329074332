import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ToolError } from '../errors/tool-error.ts';
import { fileError, isMissing } from './file-error.ts';
import { checkPlain } from './open-file.ts';
import type { Workspace } from './workspace.ts';

/**
 * Gives a file new content, whole or not at all; folders on the way to it are made. It keeps its mode.
 *
 * @param path As the model wrote it.
 * @returns Whether the file is new.
 * @throws ToolError POLICY outside of the workspace and within `.git`, FAILED where it cannot be written.
 */
export async function replaceFile(workspace: Workspace, path: string, content: string): Promise<boolean> {
  const place = await workspace.locate(path);
  checkNotGit(workspace.show(place), path);
  const draft = join(dirname(place), `.${randomUUID()}.tmp`);
  try {
    const mode = await modeOf(place, path);
    await mkdir(dirname(place), { recursive: true });
    try {
      await using file = await open(draft, 'wx', 0o666);
      if (mode !== undefined) await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await rename(draft, place);
    return mode === undefined;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Git's own files name programs that git runs: writing them would be a way around the policy. */
function checkNotGit(shown: string, path: string): void {
  if (!shown.split('/').some((part) => part.toLowerCase() === '.git')) return;
  throw new ToolError(
    'POLICY',
    `${JSON.stringify(path)} is in a .git folder, where the agent writes nothing.`,
  );
}

async function modeOf(place: string, path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(place);
    checkPlain(stats, path);
    return stats.mode & 0o7777;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
