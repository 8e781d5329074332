import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createIgnoreFilter } from '../../base/ignore-rules.ts';
import { isPrivateName } from '../../sync/path.ts';
import { readRules, rulesAbove } from './ignore-rules.ts';

/** An entry of a folder. */
export interface WalkedEntry {
  /** Absolute. Its folder is a real path; the entry itself may be a symbolic link. */
  path: string;
  kind: 'file' | 'folder' | 'link' | 'other';
}

export interface WalkOptions {
  /** The real path of the workspace. */
  root: string;
  /** The folder to begin with, a path that `Workspace.locate` returned. */
  folder: string;
  /** How many levels of folders to walk; 1 is the folder itself. */
  depth: number;
}

/**
 * Walks a folder and the folders below it. The entries of a folder come sorted by name, before the entries of its
 * folders. Skips `.git` and `.switchyard`, entries that a `.gitignore` excludes, and folders that the agent may not read. Follows no
 * links. The folder that was asked for is walked even if a `.gitignore` excludes it.
 *
 * Libraries such as globby read each `.gitignore` with `fs.readFile`, which follows links out of the workspace, waits
 * forever for a pipe, and reads a file of any size.
 */
export async function* walk({ root, folder, depth }: WalkOptions): AsyncGenerator<WalkedEntry> {
  const filter = createIgnoreFilter();
  /** The folders that are still to be walked; the next one is the last. */
  const waiting = [{ folder, depth, rules: await rulesAbove(folder, root) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder: current, depth: levels } = next;
    const rules = [...next.rules, ...(await readRules(current))];
    const found = await readdir(current, { withFileTypes: true }).catch(() => []);
    const entries = found
      .filter(({ name }) => !isPrivateName(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((entry) => ({
        path: join(current, entry.name),
        isFolder: entry.isDirectory(),
        kind: kindOf(entry),
      }));
    const kept = filter(entries, rules);
    for (const { path, kind } of kept) yield { path, kind };
    if (levels === 1) continue;
    for (const { path, isFolder } of kept.reverse())
      if (isFolder) waiting.push({ folder: path, depth: levels - 1, rules });
  }
}

function kindOf(entry: Dirent): WalkedEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}
