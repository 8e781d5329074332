import { type Entry, entrySchema, versionOf } from '../../entry.ts';
import { folderOf, nameOf, pathProblem } from '../../path.ts';
import { Tree } from '../../tree.ts';
import type { Stamp } from '../disk/stamp.ts';
import { Journal } from './journal.ts';

/** What a replica remembers of a path. */
export interface Known {
  /** What the replica and the workspace last had in common; null if nothing. */
  base: Entry | null;
  /** What the workspace has instead, if the replica has not written it yet. Undefined: it has `base`. */
  pending: Entry | null | undefined;
  /** How the path looks while it has the content of `base`. Undefined: that is not known. */
  stamp: Stamp | undefined;
}

/** The paths of one folder. */
interface FolderRecord {
  files: Map<string, Known>;
  /** The names of the folders in it. */
  folders: Set<string>;
  /** How many paths there are in it and below. */
  count: number;
}

/** Of the journal. A journal of another version is not used. */
const version = 1;
const nothing: Known = { base: null, pending: undefined, stamp: undefined };

/**
 * What a replica remembers over restarts: each path as it was when replica and workspace were last the same, and the
 * revision up to which it knows the workspace.
 */
export class Memory implements Disposable {
  readonly #journal: Journal;
  readonly #folders = new Map<string, FolderRecord>();
  /** The bases. */
  readonly tree = new Tree();
  /** The paths with something pending. */
  readonly pending = new Set<string>();
  /** The versions that were sent and whose outcome is not known; null for a deletion. */
  readonly #sent = new Map<string, string | null>();
  #revision = 0;
  #rootIno = 0;

  private constructor(journal: Journal) {
    this.#journal = journal;
  }

  /**
   * @param path Of the journal.
   * @param rootIno The inode of the folder. What was remembered of another folder says nothing about this one.
   */
  static async open(path: string, rootIno: number): Promise<Memory> {
    const memory = new Memory(new Journal(path));
    let isOurs = false;
    for await (const line of memory.#journal.read()) {
      if (!Array.isArray(line)) continue;
      const [kind, ...values] = line as [unknown, ...unknown[]];
      if (kind === 'v') isOurs = values[0] === version && values[1] === rootIno;
      else if (isOurs && kind === 'r') memory.#revision = Number(values[0]) || 0;
      else if (isOurs && kind === 'p') memory.#load(values);
      else if (isOurs && kind === 's') memory.#loadSent(values);
    }
    memory.#rootIno = rootIno;
    memory.#journal.rewrite(memory.#lines());
    return memory;
  }

  get revision(): number {
    return this.#revision;
  }

  set revision(revision: number) {
    this.#revision = revision;
    this.#journal.add(['r', revision]);
  }

  /** How many paths are remembered. */
  get size(): number {
    return this.#folders.get('')?.count ?? 0;
  }

  get(path: string): Known {
    return this.#folders.get(folderOf(path))?.files.get(nameOf(path)) ?? nothing;
  }

  set(path: string, known: Known): void {
    this.#put(path, known);
    this.#journal.add(lineOf(path, known));
  }

  /**
   * Writes down what is about to be sent. If the outcome is never heard, because the process is killed or the connection
   * lost, the workspace may have it all the same: then this is what both have had in common.
   */
  noteSent(changes: Iterable<{ path: string; entry: Entry | null }>): void {
    for (const { path, entry } of changes) {
      const version = entry && versionOf(entry);
      this.#sent.set(path, version);
      this.#journal.add(['s', path, version]);
    }
    this.save();
  }

  /** Whether the replica has sent this version of a path, and no outcome is known. */
  wasSent(path: string, entry: Entry | null): boolean {
    return this.#sent.get(path) === (entry && versionOf(entry));
  }

  /** Whether something is remembered in a folder or below. */
  hasFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** The names remembered in a folder. */
  namesIn(folder: string): IterableIterator<[string, Known]> {
    return (this.#folders.get(folder)?.files ?? new Map<string, Known>()).entries();
  }

  /** The names of the folders in a folder in which something is remembered. */
  foldersIn(folder: string): Iterable<string> {
    return this.#folders.get(folder)?.folders ?? [];
  }

  /** Writes down what has changed. */
  save(): void {
    this.#journal.flush();
    if (this.#journal.isLong) this.#journal.rewrite(this.#lines());
  }

  /** Forgets everything, as if the journal were lost. */
  clear(rootIno: number): void {
    this.#rootIno = rootIno;
    this.#revision = 0;
    for (const { path } of [...this.tree.entries()]) this.#put(path, nothing);
    for (const path of [...this.pending]) this.#put(path, nothing);
    this.#sent.clear();
    this.#journal.rewrite(this.#lines());
  }

  get rootIno(): number {
    return this.#rootIno;
  }

  [Symbol.dispose](): void {
    this.#journal.flush();
    this.#journal[Symbol.dispose]();
  }

  #put(path: string, known: Known): void {
    this.#sent.delete(path);
    const { base, pending } = known;
    const isForgotten = base === null && pending === undefined;
    const folder = folderOf(path);
    const isNew = !this.#folders.get(folder)?.files.has(nameOf(path));
    if (isNew && !isForgotten) this.#count(folder, 1);
    if (isForgotten) this.#folders.get(folder)?.files.delete(nameOf(path));
    else this.#folders.get(folder)?.files.set(nameOf(path), known);
    if (!isNew && isForgotten) this.#count(folder, -1);
    if (base === null) this.tree.delete(path);
    else if (this.tree.get(path) !== base) this.tree.set(base);
    if (pending === undefined) this.pending.delete(path);
    else this.pending.add(path);
  }

  /** Counts a path in its folder and in all folders above. */
  #count(folder: string, by: number): void {
    for (let path = folder; ; path = folderOf(path)) {
      const record = this.#folders.get(path) ?? { files: new Map(), folders: new Set(), count: 0 };
      record.count += by;
      if (record.count === 0) this.#folders.delete(path);
      else this.#folders.set(path, record);
      if (path === '') return;
      const above = this.#folders.get(folderOf(path));
      if (record.count === 0) above?.folders.delete(nameOf(path));
      else if (above !== undefined) above.folders.add(nameOf(path));
      else
        this.#folders.set(folderOf(path), { files: new Map(), folders: new Set([nameOf(path)]), count: 0 });
    }
  }

  #load([path, base, pending, stamp]: unknown[]): void {
    if (typeof path !== 'string' || pathProblem(path) !== undefined) return;
    this.#put(path, {
      base: entryOf(base, path) ?? null,
      pending: pending === 0 ? null : entryOf(pending, path),
      stamp: stampOfLine(stamp),
    });
  }

  #loadSent([path, version]: unknown[]): void {
    if (typeof path !== 'string' || pathProblem(path) !== undefined) return;
    if (version === null || typeof version === 'string') this.#sent.set(path, version);
  }

  *#lines(): Generator<unknown> {
    yield ['v', version, this.#rootIno];
    yield ['r', this.#revision];
    for (const [folder, { files }] of this.#folders) {
      for (const [name, known] of files) yield lineOf(folder === '' ? name : `${folder}/${name}`, known);
    }
    for (const [path, version] of this.#sent) yield ['s', path, version];
  }
}

function entryOf(value: unknown, path: string): Entry | undefined {
  const { data } = entrySchema.safeParse(value);
  return data?.path === path ? data : undefined;
}

/** In JSON an undefined item of an array becomes null, so a deletion that is pending is written as 0. */
function lineOf(path: string, { base, pending, stamp }: Known): unknown {
  const { size, mode, mtimeMs, ctimeMs, ino } = stamp ?? {};
  return ['p', path, base, pending === null ? 0 : pending, stamp && [size, mode, mtimeMs, ctimeMs, ino]];
}

function stampOfLine(line: unknown): Stamp | undefined {
  if (!Array.isArray(line) || line.length !== 5) return undefined;
  const [size, mode, mtimeMs, ctimeMs, ino] = line.map(Number) as [number, number, number, number, number];
  return { size, mode, mtimeMs, ctimeMs, ino };
}

/** Whether two states of a path are the same version. */
export function isSame(a: Entry | null, b: Entry | null): boolean {
  if (a === null || b === null) return a === b;
  return versionOf(a) === versionOf(b);
}
