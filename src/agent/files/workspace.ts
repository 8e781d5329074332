import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileError, isMissing } from '../../sync/file-tools/file-error.ts';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import { AgentError } from '../errors/agent-error.ts';

/** The folder that an agent works in. A real path is absolute and has no symbolic links in it. */
export interface Workspace {
  /** The real path of the folder. */
  readonly root: string;
  /**
   * Finds the real path that a path leads to. The file need not exist.
   *
   * @param path Absolute, or relative to `from`.
   * @param from A real path. Default: the root.
   * @throws ToolError POLICY if the path leads out of the workspace.
   */
  locate(path: string, from?: string): Promise<string>;
  /** Like `locate`, for a folder, which must exist. */
  locateFolder(path: string): Promise<string>;
  /** See the function `relativePath`. */
  relativePath(path: string): string;
}

/** PATH_MAX of Linux. */
const maxPathLength = 4_096;

/** @throws AgentError if the workspace is not a folder. */
export async function openWorkspace(folder: string): Promise<Workspace> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory()) {
    throw new AgentError(`The workspace ${resolve(folder)} is not a folder.`);
  }
  const locate = async (path: string, from = root): Promise<string> => {
    if (path.includes('\0')) throw new ToolError('BAD_ARGUMENTS', 'A path must not contain a zero byte.');
    // Each part of a path is looked up, so a longer path, which no system opens, would only take long.
    if (path.length > maxPathLength)
      throw new ToolError('BAD_ARGUMENTS', `A path must have at most ${maxPathLength} characters.`);
    const realPath = await resolveLinks(from, path).catch((error) => {
      throw fileError(error, path);
    });
    if (realPath !== undefined && isWithin(root, realPath)) return realPath;
    throw new ToolError('POLICY', `${JSON.stringify(path)} leads out of the workspace of this node.`);
  };
  return {
    root,
    locate,
    async locateFolder(path) {
      const realPath = await locate(path);
      const found = await stat(realPath).catch((error) => {
        throw fileError(error, path);
      });
      if (!found.isDirectory()) throw new ToolError('FAILED', `${JSON.stringify(path)} is not a folder.`);
      return realPath;
    },
    relativePath: (path) => relativePath(root, path),
  };
}

/** Turns an absolute path into one relative to `root`, with `/` as separator; empty for `root` itself. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

/** Whether a real path is the folder or below it. `folder` is a real path too. */
export function isWithin(folder: string, realPath: string): boolean {
  const path = relative(folder, realPath);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

/**
 * Resolves a path as the kernel does: after a link, `..` goes up from the target of the link, not from the folder
 * that contains the link. Unlike `realpath` it also resolves the path of a file that does not exist yet.
 *
 * @param from A real path.
 * @returns Undefined if the path leads through a link whose target does not exist.
 */
async function resolveLinks(from: string, path: string): Promise<string | undefined> {
  // One call for a path that exists, because a call for each part of a deep path would take minutes.
  const whole = await realpathIfExists(isAbsolute(path) ? path : `${from}${sep}${path}`);
  if (whole !== undefined) return whole;
  let realPath = isAbsolute(path) ? sep : from;
  let followed = 0;
  /** The parts at the end of the path that do not exist. */
  const missing: string[] = [];
  for (const part of path.split(sep)) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (missing.pop() === undefined) realPath = dirname(realPath);
      continue;
    }
    const next = join(realPath, ...missing, part);
    const kind = await kindOf(next);
    if (kind === 'missing') missing.push(part);
    // Another program has just created the folders that were missing.
    else if (missing.length > 0) return undefined;
    else if (kind === 'other') realPath = next;
    else {
      followed += 1;
      if (followed > maxLinks) throw Object.assign(new Error('Too many links.'), { code: 'ELOOP' });
      const target = await realpathIfExists(next);
      // Writing to a link without a target would create the target, wherever the link points.
      if (target === undefined) return undefined;
      realPath = target;
    }
  }
  return join(await realpath(realPath), ...missing);
}

/** How many links Linux follows in one path. */
const maxLinks = 40;

async function realpathIfExists(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function kindOf(path: string): Promise<'link' | 'other' | 'missing'> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}
