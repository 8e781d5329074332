import { type Entry, entrySchema, versionOf } from '../../entry.ts';
import { pathProblem } from '../../path.ts';
import { Tree } from '../../tree.ts';
import type { Stamp } from '../disk/stamp.ts';
import { Journal } from './journal.ts';
import { StampTable } from './stamp-table.ts';

/** What a replica remembers of a path. */
export interface Known {
  /** What the replica and the workspace last had in common; null if nothing. */
  base: Entry | null;
  /** What the workspace has instead, if the replica has not written it yet. Undefined: it has `base`. */
  pending: Entry | null | undefined;
  /** How the path looks while it has the content of `base`. Undefined: that is not known. */
  stamp: Stamp | undefined;
}

/** Of the journal. A journal of another version is not used. */
const version = 1;

/**
 * What a replica remembers over restarts: each path as it was when replica and workspace were last the same, and the
 * revision up to which it knows the workspace.
 */
export class Memory implements Disposable {
  readonly #journal: Journal;
  /** The bases. */
  readonly tree = new Tree();
  /** Of the bases, at their numbers in `tree`. */
  readonly #stamps = new StampTable();
  readonly #pending = new Tree();
  readonly #pendingDeletions = new Set<string>();
  /** How many paths have a base or something pending. */
  #size = 0;
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
    return this.#size;
  }

  get(path: string): Known {
    return { base: this.tree.get(path) ?? null, pending: this.pendingAt(path), stamp: this.stampOf(path) };
  }

  /** As `Known` has it. */
  stampOf(path: string): Stamp | undefined {
    const at = this.tree.numberOf(path);
    return at === undefined ? undefined : this.#stamps.get(at);
  }

  /** As `Known` has it. */
  pendingAt(path: string): Known['pending'] {
    return this.#pendingDeletions.has(path) ? null : this.#pending.get(path);
  }

  /** Whether something is pending anywhere. */
  get isPending(): boolean {
    return this.#pending.size > 0 || this.#pendingDeletions.size > 0;
  }

  /** The paths of which the workspace has another version. */
  pendingChanges(): Iterable<string> {
    return this.#pending.paths();
  }

  /** The paths that the workspace does not have any more. */
  pendingDeletions(): Iterable<string> {
    return this.#pendingDeletions;
  }

  /** Whether something is pending in a folder or below. */
  isPendingIn(folder: string): boolean {
    if (this.#pending.hasFolder(folder)) return true;
    for (const path of this.#pendingDeletions) if (path.startsWith(`${folder}/`)) return true;
    return false;
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
    return this.tree.hasFolder(path) || this.#pending.hasFolder(path);
  }

  /** The names remembered in a folder. */
  namesIn(folder: string): Set<string> {
    return new Set([...this.tree.namesIn(folder), ...this.#pending.namesIn(folder)]);
  }

  /** The names of the folders in a folder in which something is remembered. */
  foldersIn(folder: string): Set<string> {
    return new Set([...this.tree.foldersIn(folder), ...this.#pending.foldersIn(folder)]);
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
    for (const tree of [this.tree, this.#pending]) for (const path of [...tree.paths()]) tree.delete(path);
    this.#pendingDeletions.clear();
    this.#size = 0;
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

  #put(path: string, { base, pending, stamp }: Known): void {
    this.#sent.delete(path);
    const wasKnown = this.#isKnown(path);
    if (base === null) this.tree.delete(path);
    // A set would hash the folders anew.
    else if (!isSame(this.tree.get(path) ?? null, base)) this.tree.set(base);
    const at = this.tree.numberOf(path);
    if (at !== undefined) this.#stamps.set(at, stamp);
    if (pending) this.#pending.set(pending);
    else this.#pending.delete(path);
    if (pending === null) this.#pendingDeletions.add(path);
    else this.#pendingDeletions.delete(path);
    this.#size += Number(this.#isKnown(path)) - Number(wasKnown);
  }

  #isKnown(path: string): boolean {
    return this.tree.has(path) || this.#pending.has(path) || this.#pendingDeletions.has(path);
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
    for (const path of this.tree.paths()) yield lineOf(path, this.get(path));
    const others = [this.#pending.paths(), this.#pendingDeletions];
    for (const paths of others) {
      for (const path of paths) if (!this.tree.has(path)) yield lineOf(path, this.get(path));
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
