import { maxIgnoreBytes } from '../../base/ignore-rules.ts';
import { chunkBytes, type Entry, sizeOf } from '../../sync/entry.ts';
import { foldersDownTo } from '../../sync/file-tools/ignore-rules.ts';
import { joinPath } from '../../sync/file-tools/tool-folder.ts';
import { nameOf } from '../../sync/path.ts';
import type { Tree } from '../../sync/tree.ts';

/** What a tool needs of a workspace to answer a call. */
export interface ChosenEntries {
  entries: Entry[];
  /** Also those above the others. */
  folders: string[];
  /** Those of the entries whose contents are needed. */
  read: Entry[];
}

export interface Choice {
  /** A folder that is there. */
  folder: string;
  /** How many levels of folders; 1 is the folder itself. */
  depth: number;
  /** The size in bytes up to which the content of a file is needed. */
  maxReadBytes: number;
}

/** More is left to the node: it has its files on its own disk. */
const limits = { entries: 10_000, contents: 1_000, bytes: 4_194_304 };

/**
 * Chooses what is in a folder down to a depth, and each `.gitignore` that counts there, in the turn of the call.
 *
 * @returns Undefined if that is too much, or if the node may not be able to read it.
 */
export function chooseEntries(
  tree: Tree,
  { folder, depth, maxReadBytes }: Choice,
): ChosenEntries | undefined {
  const folders = foldersDownTo(folder);
  const entries = folders.slice(0, -1).flatMap((above) => tree.get(joinPath(above, '.gitignore')) ?? []);
  let level = [folder];
  for (let left = depth; left > 0 && level.length > 0; left -= 1) {
    const lists = level.map((path) => ({ path, ...tree.list(path) }));
    entries.push(...lists.flatMap((list) => list.entries));
    level = lists.flatMap(({ path, folders: names }) => names.map((name) => joinPath(path, name)));
    folders.push(...level);
    if (entries.length + folders.length > limits.entries) return undefined;
  }
  const isNeeded = (entry: Entry) =>
    sizeOf(entry) <=
    (nameOf(entry.path) === '.gitignore' ? Math.max(maxReadBytes, maxIgnoreBytes) : maxReadBytes);
  return check({ entries, folders, read: entries.filter((each) => each.kind === 'file' && isNeeded(each)) });
}

/** Chooses one file. @returns Undefined as `chooseEntries`. */
export function chooseFile(file: Entry): ChosenEntries | undefined {
  return check({ entries: [file], folders: foldersDownTo(''), read: [file] });
}

function check(chosen: ChosenEntries): ChosenEntries | undefined {
  const { entries, read } = chosen;
  const bytes = read.reduce((sum, entry) => sum + sizeOf(entry), 0);
  const isSmall = bytes <= limits.bytes && read.every((entry) => sizeOf(entry) <= chunkBytes);
  // What its owner may not read, a tool of the node cannot read either.
  const isReadable = entries.every((entry) => entry.kind !== 'file' || (entry.mode & 0o400) !== 0);
  return isSmall && isReadable && read.length <= limits.contents ? chosen : undefined;
}
