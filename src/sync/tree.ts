import { createHash } from 'node:crypto';
import type { Entry } from './entry.ts';
import { ChunkSet, EntryTable } from './entry-table.ts';
import { folderOf, nameOf } from './path.ts';

interface Folder {
  folders: Map<string, Folder>;
  /** The numbers of the entries, by their names. */
  entries: Map<string, number>;
  /** Undefined after something in it has changed. */
  hash: string | undefined;
}

/**
 * The entries of a workspace as a tree of hashes (a Merkle tree): two folders with the same hash have the same content,
 * so only folders that differ need be compared. Only folders in which something has changed are hashed again.
 *
 * The hash of a folder is the SHA-256 of a line for each thing in it, sorted by name as UTF-16: `<version> <name>` for an
 * entry (`versionOf`), `d:<hash> <name>` for a folder, each ended by a zero byte. Empty folders are no part of it.
 *
 * An entry that is read is a new object each time.
 */
export class Tree {
  readonly #root = newFolder();
  readonly #table = new EntryTable();
  #size = 0;
  #bytes = 0;
  /** What `#find` has found last: paths of one folder come one after the other. */
  #last: { path: string; folder: Folder } | undefined;

  /** How many entries there are. */
  get size(): number {
    return this.#size;
  }

  /** The bytes of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  has(path: string): boolean {
    return this.numberOf(path) !== undefined;
  }

  get(path: string): Entry | undefined {
    const at = this.numberOf(path);
    return at === undefined ? undefined : this.#table.get(at, path);
  }

  /** A small number that no other entry has. It stays the same until the path is deleted, and is used again then. */
  numberOf(path: string): number | undefined {
    return this.#find(folderOf(path))?.entries.get(nameOf(path));
  }

  /** All entries, in no order. */
  entries(): Generator<Entry> {
    return this.below('');
  }

  /** The paths of all entries, in no order. */
  *paths(): Generator<string> {
    for (const [start, folder] of this.#foldersFrom('')) {
      for (const name of folder.entries.keys()) yield start + name;
    }
  }

  set(entry: Entry): void {
    const folder = this.#change(folderOf(entry.path));
    const name = nameOf(entry.path);
    const present = folder.entries.get(name);
    if (present === undefined) {
      const at = this.#table.add(entry);
      folder.entries.set(alone(name), at);
      this.#size += 1;
      this.#bytes += this.#table.size(at);
      return;
    }
    this.#bytes -= this.#table.size(present);
    this.#table.set(present, entry);
    this.#bytes += this.#table.size(present);
  }

  /** Does nothing for a path that is not there. Folders without entries disappear. */
  delete(path: string): void {
    const way = [{ name: '', folder: this.#root }];
    for (const name of namesOf(folderOf(path))) {
      const folder = way.at(-1)?.folder.folders.get(name);
      if (folder === undefined) return;
      way.push({ name, folder });
    }
    const entries = way.at(-1)?.folder.entries;
    const at = entries?.get(nameOf(path));
    if (at === undefined) return;
    this.#size -= 1;
    this.#bytes -= this.#table.size(at);
    this.#table.delete(at);
    // What was a tree of 100,000 entries once gives their memory back.
    if (this.#size === 0) this.#table.clear();
    entries?.delete(nameOf(path));
    for (const { folder } of way) folder.hash = undefined;
    for (let depth = way.length - 1; depth > 0; depth -= 1) {
      const { name, folder } = way[depth] as (typeof way)[number];
      if (folder.entries.size > 0 || folder.folders.size > 0) return;
      way[depth - 1]?.folder.folders.delete(name);
      this.#last = undefined;
    }
  }

  /** Whether there is something below a path. */
  hasFolder(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  /** The hash of a folder; of the whole tree for the empty path. A folder that is not there has that of an empty one. */
  hash(path = ''): string {
    return this.#hashOf(this.#find(path) ?? newFolder());
  }

  /** What is in a folder, one level deep. Empty for a folder that is not there. */
  list(path = ''): { folders: string[]; entries: Entry[] } {
    const start = path === '' ? '' : `${path}/`;
    const numbers = this.#find(path)?.entries ?? [];
    const entries = Array.from(numbers, ([name, at]) => this.#table.get(at, start + name));
    return { folders: [...this.foldersIn(path)].sort(), entries };
  }

  /** The names of the entries in a folder. */
  namesIn(path: string): Iterable<string> {
    return this.#find(path)?.entries.keys() ?? [];
  }

  /** The names of the folders in a folder. */
  foldersIn(path: string): Iterable<string> {
    return this.#find(path)?.folders.keys() ?? [];
  }

  /** All entries below a folder, in no order. */
  *below(path: string): Generator<Entry> {
    for (const [start, folder] of this.#foldersFrom(path)) {
      for (const [name, at] of folder.entries) yield this.#table.get(at, start + name);
    }
  }

  /** Where these chunks are: each place in a file that has one of them. */
  *placesOf(chunks: Iterable<string>): Generator<{ path: string; index: number; sha256: string }> {
    const wanted = new ChunkSet(chunks);
    for (const [start, folder] of this.#foldersFrom('')) {
      for (const [name, at] of folder.entries) {
        for (const chunk of this.#table.chunksAmong(at, wanted)) yield { path: start + name, ...chunk };
      }
    }
  }

  /** A folder and all below it, each with what the paths in it begin with. */
  *#foldersFrom(path: string): Generator<[start: string, folder: Folder]> {
    const top = this.#find(path);
    if (top === undefined) return;
    const found: [string, Folder][] = [[path === '' ? '' : `${path}/`, top]];
    for (const each of found) {
      yield each;
      const [start, { folders }] = each;
      for (const [name, folder] of folders) found.push([`${start}${name}/`, folder]);
    }
  }

  #find(path: string): Folder | undefined {
    if (this.#last?.path === path) return this.#last.folder;
    let folder: Folder | undefined = this.#root;
    for (const name of namesOf(path)) folder = folder?.folders.get(name);
    if (folder !== undefined) this.#last = { path, folder };
    return folder;
  }

  /** A folder in which something changes. It is made if it is not there. */
  #change(path: string): Folder {
    const found = this.#find(path);
    // Then no folder above it has a hash: making one makes those of all folders below.
    if (found !== undefined && found.hash === undefined) return found;
    let folder = this.#root;
    folder.hash = undefined;
    for (const name of namesOf(path)) {
      const next = folder.folders.get(name) ?? newFolder();
      if (!folder.folders.has(name)) folder.folders.set(alone(name), next);
      folder = next;
      folder.hash = undefined;
    }
    return folder;
  }

  #hashOf(folder: Folder): string {
    if (folder.hash !== undefined) return folder.hash;
    const hash = createHash('sha256');
    for (const name of [...folder.entries.keys(), ...folder.folders.keys()].sort()) {
      const at = folder.entries.get(name);
      const version =
        at === undefined ? `d:${this.#hashOf(folder.folders.get(name) as Folder)}` : this.#table.version(at);
      hash.update(`${version} ${name}\0`);
    }
    folder.hash = hash.digest('hex');
    return folder.hash;
  }
}

function newFolder(): Folder {
  return { folders: new Map(), entries: new Map(), hash: undefined };
}

function namesOf(path: string): string[] {
  return path === '' ? [] : path.split('/');
}

/** A copy of a part of a text that does not keep the whole text in memory, as what `slice` returns does. */
function alone(name: string): string {
  return Buffer.from(name).toString();
}
