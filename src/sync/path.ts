/** Limits of a path in a workspace. Linux takes names of 255 bytes. */
export const pathLimits = { maxBytes: 2_048, maxNameBytes: 255, maxDepth: 64 };

/** The folder in which an agent keeps workspaces and what it knows of them. Nothing in it is ever synced. */
export const privateFolder = '.switchyard';

/**
 * Names that are never synced, in the form of `plainName`: git runs programs that its configuration names, so who can
 * write `.git` can run anything, and `.switchyard` is the agent's own.
 */
const forbiddenNames = new Set(['.git', privateFolder]);

/**
 * Says why a path cannot be in a workspace; undefined if it can. A path is relative, with `/` between its names. It may
 * contain everything else that Linux takes, even a line break.
 */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'expected a path';
  if (path.includes('\0')) return 'expected a path without a zero byte';
  if (/\p{Surrogate}/u.test(path)) return 'expected a path in valid Unicode';
  if (Buffer.byteLength(path) > pathLimits.maxBytes) return `expected at most ${pathLimits.maxBytes} bytes`;
  const names = path.split('/');
  if (names.length > pathLimits.maxDepth) return `expected at most ${pathLimits.maxDepth} levels of folders`;
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') {
      return 'expected a path below the workspace, without empty names, `.` and `..`';
    }
    if (Buffer.byteLength(name) > pathLimits.maxNameBytes) {
      return `expected names of at most ${pathLimits.maxNameBytes} bytes`;
    }
    if (isPrivateName(name)) return 'expected a path outside of `.git` and `.switchyard`';
  }
  return undefined;
}

/** Whether a file or folder of this name is never synced, nor anything in it. */
export function isPrivateName(name: string): boolean {
  return forbiddenNames.has(plainName(name));
}

/** Some file systems of macOS ignore case and invisible characters in names, so `.GIT` may be `.git` there. */
function plainName(name: string): string {
  // Nearly all names: this is asked for each name of each path.
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return name
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase();
}

/** The folder of a path; empty for a path at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
