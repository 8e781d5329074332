import { createIgnoreFilter } from '../../base/ignore-rules.ts';
import { isPrivateName } from '../path.ts';
import { readRules, rulesAbove } from './ignore-rules.ts';
import { type EntryKind, joinPath, type ToolFolder } from './tool-folder.ts';

/** An entry of a folder. */
export interface WalkedEntry {
  /** Relative to the top. */
  path: string;
  kind: EntryKind;
}

export interface WalkOptions {
  files: ToolFolder;
  /** The folder to begin with. */
  folder: string;
  /** How many levels of folders to walk; 1 is the folder itself. */
  depth: number;
}

/**
 * Walks a folder and the folders below it. The entries of a folder come sorted by name, before the entries of its
 * folders. Skips `.git` and `.switchyard`, entries that a `.gitignore` excludes, and folders that cannot be read. Follows
 * no links. The folder that was asked for is walked even if a `.gitignore` excludes it.
 *
 * Libraries such as globby read each `.gitignore` with `fs.readFile`, which follows links out of the workspace, waits
 * forever for a pipe, and reads a file of any size.
 */
export async function* walk({ files, folder, depth }: WalkOptions): AsyncGenerator<WalkedEntry> {
  const filter = createIgnoreFilter();
  /** The folders that are still to be walked; the next one is the last. */
  const waiting = [{ folder, depth, rules: await rulesAbove(files, folder) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folder: current, depth: levels } = next;
    const rules = [...next.rules, ...(await readRules(files, current))];
    const found = await files.list(current);
    const entries = found
      .filter(({ name }) => !isPrivateName(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, kind }) => ({
        path: `/${joinPath(current, name)}`,
        isFolder: kind === 'folder',
        kind,
      }));
    const kept = filter(entries, rules).map(({ path, kind }) => ({ path: path.slice(1), kind }));
    yield* kept;
    if (levels === 1) continue;
    for (const { path, kind } of kept.reverse())
      if (kind === 'folder') waiting.push({ folder: path, depth: levels - 1, rules });
  }
}
