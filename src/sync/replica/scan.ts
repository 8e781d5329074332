import { lstatSync } from 'node:fs';
import { shareTurn } from '../../base/share-turn.ts';
import { isPrivateName, pathProblem } from '../path.ts';
import { IgnoredNames, ruleFiles } from './disk/folder-rules.ts';
import { type Folder, type Folders, NotAFolderError } from './disk/folders.ts';
import { type Listed, listFolder } from './disk/list-folder.ts';
import { ShownNames } from './disk/shown-names.ts';
import { isSameStamp, stampOf } from './disk/stamp.ts';
import type { Memory } from './memory/memory.ts';
import type { Skipped } from './skipped.ts';
import type { FolderWatcher } from './watch.ts';

export interface ScanOptions {
  memory: Memory;
  /** Gets the paths that may differ from what is remembered. */
  dirty: Set<string>;
  /** Gets the paths that cannot be synced. */
  skipped: Skipped;
  openFolders(): Folders;
  /** Absent: nothing is watched. */
  watcher?: Pick<FolderWatcher, 'watch' | 'forget'>;
}

interface Scanned {
  /** The folders in the folder. */
  below: string[];
  /** Whether other files of the folders below may be ignored now. */
  haveRulesChanged: boolean;
}

/** What one scan uses. */
interface Pass {
  held: Folders;
  ignored: IgnoredNames;
  shown: ShownNames;
}

const nothing: Scanned = { below: [], haveRulesChanged: false };

/** How many files are looked at before others may get a turn. */
const filesPerTurn = 100;

/** Compares what is on the disk with what is remembered, by size and times. It reads no file but those with rules. */
export class Scanner {
  readonly #options: ScanOptions;
  /** The folders that are there, with the names of the folders in each. */
  readonly #seen = new Map<string, Set<string>>();
  /** The folders with something that is not synced, and that tools show all the same. */
  readonly #showing = new Set<string>();

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  /**
   * @param folders Relative to the replica. A folder in one of them that is new is scanned with everything in it.
   * @param isDeep Whether all folders below are scanned, too.
   */
  async scan(folders: Iterable<string>, isDeep: boolean): Promise<void> {
    using held = this.#options.openFolders();
    const ignored = new IgnoredNames(held);
    const shown = new ShownNames(ignored.readRules.bind(ignored));
    const waiting = [...folders].map((folder) => ({ folder, isDeep }));
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      await shareTurn();
      const { below, haveRulesChanged } = await this.#scanFolder({ held, ignored, shown }, next.folder);
      for (const folder of below) {
        const isDeeper = next.isDeep || haveRulesChanged || !this.#seen.has(folder);
        if (isDeeper) waiting.push({ folder, isDeep: true });
      }
    }
  }

  /** Whether tools show something that is not synced, such as an empty folder. */
  get showsMore(): boolean {
    if (this.#showing.size > 0) return true;
    for (const folder of this.#seen.keys()) {
      if (folder !== '' && !this.#options.memory.hasFolder(folder)) return true;
    }
    return false;
  }

  async #scanFolder({ held, ignored, shown }: Pass, folder: string): Promise<Scanned> {
    const { memory, dirty, skipped } = this.#options;
    skipped.forgetIn(folder);
    this.#watch(held, folder);
    const listed = listFolder(held, folder);
    if (listed === 'unreadable') {
      skipped.add(folder, 'The folder cannot be read.');
      return nothing;
    }
    if (listed === 'absent') {
      if (folder === '') throw new Error('The folder of the workspace is gone.');
      this.#lose(folder);
      return nothing;
    }
    const known = this.#usable(folder, listed);
    const files = new Set<string>();
    const folders = new Set<string>();
    const chosen = this.#chosen({ ignored, shown }, folder, known);
    const here = held.find(folder);
    for (const { name, kind } of chosen) {
      (kind === 'folder' ? folders : files).add(name);
      if (kind === 'folder') continue;
      if (files.size % filesPerTurn === 0) await shareTurn();
      if (this.#hasChanged(here, join(folder, name), name)) dirty.add(join(folder, name));
    }
    for (const name of memory.tree.namesIn(folder)) if (!files.has(name)) dirty.add(join(folder, name));
    const before = new Set([...memory.foldersIn(folder), ...(this.#seen.get(folder) ?? [])]);
    for (const name of before) if (!folders.has(name)) this.#lose(join(folder, name));
    this.#seen.set(folder, folders);
    const haveRulesChanged = ruleFiles.some((name) => dirty.has(join(folder, name)));
    return { below: [...folders].map((name) => join(folder, name)), haveRulesChanged };
  }

  /** What changes after the folder was listed must be noticed, so it is watched before. */
  #watch(held: Folders, folder: string): void {
    try {
      const found = held.find(folder);
      if (found !== undefined) this.#options.watcher?.watch(folder, found.self);
    } catch (error) {
      if (!(error instanceof NotAFolderError)) throw error;
    }
  }

  /** Leaves out what can never be synced, and names it unless it is private. */
  #usable(folder: string, entries: readonly Listed[]): Listed[] {
    return entries.filter(({ name, kind }) => {
      if (isPrivateName(name)) return false;
      const reason = kind === 'other' ? 'It is no file, folder or link.' : reasonOf(join(folder, name), kind);
      if (reason !== undefined) this.#options.skipped.add(join(folder, name), reason);
      return reason === undefined;
    });
  }

  /** Leaves out what the rules exclude. What is synced already stays so, whatever they say. */
  #chosen(
    { ignored, shown }: Pick<Pass, 'ignored' | 'shown'>,
    folder: string,
    entries: readonly Listed[],
  ): Listed[] {
    const { memory } = this.#options;
    const isKnown = ({ name, kind }: Listed) =>
      kind === 'folder' ? memory.hasFolder(join(folder, name)) : memory.tree.has(join(folder, name));
    const unknown = entries
      .filter((entry) => !isKnown(entry))
      .map((entry) => ({ ...entry, isFolder: entry.kind === 'folder' }));
    const kept = ignored.keep(folder, unknown);
    const keptNames = new Set(kept.map(({ name }) => name));
    const left = kept.length === unknown.length ? [] : unknown.filter(({ name }) => !keptNames.has(name));
    if (shown.isAnyShown(folder, left)) this.#showing.add(folder);
    else this.#showing.delete(folder);
    return [...entries.filter(isKnown), ...kept];
  }

  #hasChanged(folder: Folder | undefined, path: string, name: string): boolean {
    const stamp = this.#options.memory.stampOf(path);
    if (stamp === undefined || folder === undefined) return true;
    const stats = lstatSync(folder.at(name), { throwIfNoEntry: false });
    return stats === undefined || !isSameStamp(stamp, stampOf(stats));
  }

  /** A folder has gone: so has everything that is remembered in it and below. */
  #lose(folder: string): void {
    const { memory, dirty, skipped, watcher } = this.#options;
    skipped.forgetIn(folder);
    watcher?.forget(folder);
    for (const name of memory.tree.namesIn(folder)) dirty.add(join(folder, name));
    const below = new Set([...memory.foldersIn(folder), ...(this.#seen.get(folder) ?? [])]);
    this.#seen.delete(folder);
    this.#showing.delete(folder);
    for (const name of below) this.#lose(join(folder, name));
  }
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function reasonOf(path: string, kind: Listed['kind']): string | undefined {
  if (kind === 'unnamed') return 'Its name is not valid UTF-8.';
  const problem = pathProblem(path);
  return problem && `Its path is not valid: ${problem}.`;
}
