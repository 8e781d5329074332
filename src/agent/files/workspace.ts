import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AgentError } from '../agent-error.ts';
import { ToolError } from '../tool-error.ts';
import { fileError, isMissing } from './file-error.ts';

/** The folder that an agent works in. */
export interface Workspace {
  /** Absolute and without symbolic links. */
  readonly root: string;
  /**
   * The place that a path leads to, whether something is there or not: absolute and without symbolic links.
   *
   * @param path Absolute, or relative to `from`.
   * @param from Default: the root.
   * @throws ToolError POLICY where the place is not within the workspace.
   */
  locate(path: string, from?: string): Promise<string>;
  /** The same for a folder, which must be there. */
  locateFolder(path: string): Promise<string>;
  /** A place as its path from the root, with `/` between its parts; `.` for the root itself. */
  show(place: string): string;
}

/** @throws AgentError where it is no folder. */
export async function openWorkspace(folder: string): Promise<Workspace> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new AgentError(`The workspace ${resolve(folder)} is no folder.`);
  }
  const locate = async (path: string, from = root): Promise<string> => {
    if (path.includes('\0')) throw new ToolError('BAD_ARGUMENTS', 'A path has no zero byte in it.');
    const place = await withoutLinks(resolve(from, path)).catch((error) => {
      throw fileError(error, path);
    });
    if (place !== undefined && isWithin(root, place)) return place;
    throw new ToolError('POLICY', `${JSON.stringify(path)} leads out of the workspace of this node.`);
  };
  return {
    root,
    locate,
    async locateFolder(path) {
      const place = await locate(path);
      const found = await stat(place).catch((error) => {
        throw fileError(error, path);
      });
      if (!found.isDirectory()) throw new ToolError('FAILED', `${JSON.stringify(path)} is no folder.`);
      return place;
    },
    show: (place) => relative(root, place).split(sep).join('/') || '.',
  };
}

/** Whether a place is a folder or something below it. Both without symbolic links. */
export function isWithin(folder: string, place: string): boolean {
  const path = relative(folder, place);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

/** Follows every symbolic link of an absolute path; undefined where one leads to nothing. */
async function withoutLinks(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  // What is written to a link that leads to nothing appears where it points.
  const dangling = await lstat(path).catch(() => undefined);
  if (dangling !== undefined) return undefined;
  const parent = await withoutLinks(dirname(path));
  return parent === undefined ? undefined : join(parent, path.slice(dirname(path).length));
}
