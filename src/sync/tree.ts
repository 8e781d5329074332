import { createHash } from 'node:crypto';
import { type Entry, sizeOf, versionOf } from './entry.ts';
import { folderOf, nameOf } from './path.ts';

interface Folder {
  folders: Map<string, Folder>;
  entries: Map<string, Entry>;
  /** Undefined after something in it has changed. */
  hash: string | undefined;
}

/**
 * The entries of a workspace as a tree of hashes (a Merkle tree): two folders with the same hash have the same content,
 * so only folders that differ need be compared. Only folders in which something has changed are hashed again.
 *
 * The hash of a folder is the SHA-256 of a line for each thing in it, sorted by name as UTF-16: `<version> <name>` for an
 * entry (`versionOf`), `d:<hash> <name>` for a folder, each ended by a zero byte. Empty folders are no part of it.
 */
export class Tree {
  readonly #root = newFolder();
  readonly #paths = new Map<string, Entry>();
  #bytes = 0;

  /** How many entries there are. */
  get size(): number {
    return this.#paths.size;
  }

  /** The bytes of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): Entry | undefined {
    return this.#paths.get(path);
  }

  /** All entries, in no order. */
  entries(): IterableIterator<Entry> {
    return this.#paths.values();
  }

  set(entry: Entry): void {
    this.delete(entry.path);
    this.#paths.set(entry.path, entry);
    this.#bytes += sizeOf(entry);
    let folder = this.#root;
    folder.hash = undefined;
    for (const name of namesOf(folderOf(entry.path))) {
      const next = folder.folders.get(name) ?? newFolder();
      folder.folders.set(name, next);
      folder = next;
      folder.hash = undefined;
    }
    folder.entries.set(nameOf(entry.path), entry);
  }

  /** Does nothing for a path that is not there. Folders without entries disappear. */
  delete(path: string): void {
    const entry = this.#paths.get(path);
    if (entry === undefined) return;
    this.#paths.delete(path);
    this.#bytes -= sizeOf(entry);
    const way = [{ name: '', folder: this.#root }];
    for (const name of namesOf(folderOf(path))) {
      const folder = way.at(-1)?.folder.folders.get(name);
      if (folder === undefined) return;
      way.push({ name, folder });
    }
    way.at(-1)?.folder.entries.delete(nameOf(path));
    for (const { folder } of way) folder.hash = undefined;
    for (let depth = way.length - 1; depth > 0; depth -= 1) {
      const { name, folder } = way[depth] as (typeof way)[number];
      if (folder.entries.size > 0 || folder.folders.size > 0) return;
      way[depth - 1]?.folder.folders.delete(name);
    }
  }

  /** Whether there is something below a path. */
  hasFolder(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  /** The hash of a folder; of the whole tree for the empty path. A folder that is not there has that of an empty one. */
  hash(path = ''): string {
    return hashOfFolder(this.#find(path) ?? newFolder());
  }

  /** What is in a folder, one level deep. Empty for a folder that is not there. */
  list(path = ''): { folders: string[]; entries: Entry[] } {
    const folder = this.#find(path);
    return {
      folders: [...(folder?.folders.keys() ?? [])].sort(),
      entries: [...(folder?.entries.values() ?? [])],
    };
  }

  /** All entries below a folder, in no order. */
  *below(path: string): Generator<Entry> {
    const folders = [this.#find(path)];
    for (const folder of folders) {
      if (folder === undefined) continue;
      yield* folder.entries.values();
      folders.push(...folder.folders.values());
    }
  }

  #find(path: string): Folder | undefined {
    let folder: Folder | undefined = this.#root;
    for (const name of namesOf(path)) folder = folder?.folders.get(name);
    return folder;
  }
}

function newFolder(): Folder {
  return { folders: new Map(), entries: new Map(), hash: undefined };
}

function namesOf(path: string): string[] {
  return path === '' ? [] : path.split('/');
}

function hashOfFolder(folder: Folder): string {
  if (folder.hash !== undefined) return folder.hash;
  const hash = createHash('sha256');
  const names = [...folder.entries.keys(), ...folder.folders.keys()].sort();
  for (const name of names) {
    const entry = folder.entries.get(name);
    const version = entry ? versionOf(entry) : `d:${hashOfFolder(folder.folders.get(name) as Folder)}`;
    hash.update(`${version} ${name}\0`);
  }
  folder.hash = hash.digest('hex');
  return folder.hash;
}
