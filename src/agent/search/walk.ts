import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { openFile } from '../files/open-file.ts';
import type { Workspace } from '../files/workspace.ts';

/** An entry of a folder. */
export interface WalkedEntry {
  /** Absolute. Its folder is a real path; the entry itself may be a symbolic link. */
  path: string;
  kind: 'file' | 'folder' | 'link' | 'other';
}

export interface WalkOptions {
  workspace: Workspace;
  /** The folder to begin with, a path that `Workspace.locate` returned. */
  folder: string;
  /** How many levels of folders to walk; 1 is the folder itself. */
  depth: number;
  /** Aborts to end the walk, which then throws the signal's reason. */
  stop: AbortSignal;
}

/** A larger `.gitignore` is ignored: a model that writes a huge one would make every walk slow. */
const maxIgnoreBytes = 1_048_576;

/** The rules of one `.gitignore`, for paths below its folder. */
interface Rules {
  folder: string;
  rules: Ignore;
}

/**
 * Walks a folder and the folders below it. The entries of a folder come sorted by name, before the entries of its
 * folders. Skips `.git`, entries that a `.gitignore` excludes, and folders that the agent may not read. Follows no
 * links. The folder that was asked for is walked even if a `.gitignore` excludes it.
 *
 * Libraries such as globby read each `.gitignore` with `fs.readFile`, which follows links out of the workspace, waits
 * forever for a pipe, and reads a file of any size.
 */
export async function* walk({ workspace, folder, depth, stop }: WalkOptions): AsyncGenerator<WalkedEntry> {
  const waiting = [{ folder, depth, rules: await rulesAbove(folder, workspace.root) }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    stop.throwIfAborted();
    const rules = [...next.rules, ...(await readRules(next.folder))];
    const found = await readdir(next.folder, { withFileTypes: true }).catch(() => []);
    const below: typeof waiting = [];
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(next.folder, entry.name);
      if (entry.name === '.git' || isIgnored(path, entry.isDirectory(), rules)) continue;
      yield { path, kind: kindOf(entry) };
      if (entry.isDirectory() && next.depth > 1) below.push({ folder: path, depth: next.depth - 1, rules });
    }
    waiting.unshift(...below);
  }
}

function kindOf(entry: Dirent): WalkedEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** The rules from the root down to the parent of a folder, except those that exclude the folder itself. */
async function rulesAbove(folder: string, root: string): Promise<Rules[]> {
  const above: string[] = [];
  for (let parent = folder; parent !== root; ) {
    parent = dirname(parent);
    above.unshift(parent);
  }
  const rules = (await Promise.all(above.map(readRules))).flat();
  return rules.filter((rule) => !isIgnored(folder, true, [rule]));
}

async function readRules(folder: string): Promise<Rules[]> {
  const text = await readIgnoreFile(join(folder, '.gitignore')).catch(() => '');
  return text === '' ? [] : [{ folder, rules: ignore().add(text) }];
}

/** Like git, it does not follow a `.gitignore` that is a link: `openFile` refuses it. */
async function readIgnoreFile(path: string): Promise<string> {
  await using file = await openFile(path, path);
  return (await file.stat()).size > maxIgnoreBytes ? '' : file.readFile('utf8');
}

/** The innermost `.gitignore` that has a rule for a path decides. */
function isIgnored(path: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  for (const { folder, rules: file } of rules.toReversed()) {
    const below = relative(folder, path).split(sep).join('/') + (isFolder ? '/' : '');
    const { ignored, unignored } = file.test(below);
    if (ignored || unignored) return ignored;
  }
  return false;
}
