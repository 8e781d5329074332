import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AgentError } from '../errors/agent-error.ts';
import { ToolError } from '../errors/tool-error.ts';
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
    const place = await follow(from, path).catch((error) => {
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

/**
 * The place that a path leads to, as the kernel goes there: `..` goes up from where a link has led, not from
 * where the link lies. Undefined where a link leads to nothing.
 *
 * @param from Absolute and without symbolic links.
 */
async function follow(from: string, path: string): Promise<string | undefined> {
  let place = isAbsolute(path) ? sep : from;
  /** What is not there. */
  const missing: string[] = [];
  for (const part of path.split(sep)) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (missing.pop() === undefined) place = dirname(place);
      continue;
    }
    const next = missing.length > 0 ? undefined : await withoutLink(place, part);
    if (next !== undefined) place = next;
    else if (await isThere(join(place, ...missing, part))) return undefined;
    else missing.push(part);
  }
  return join(place, ...missing);
}

async function withoutLink(folder: string, name: string): Promise<string | undefined> {
  try {
    return await realpath(join(folder, name));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether there is something, be it a link to nothing: what is written to that appears where it points. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
