import { shareTurn } from '../../base/share-turn.ts';
import { type Entry, sizeOf } from '../entry.ts';
import { folderOf } from '../path.ts';
import type { Blocked } from './blocked.ts';
import type { Collisions } from './collisions.ts';
import { blockingReason, isOfName, isPassing } from './disk/block.ts';
import type { Folders } from './disk/folders.ts';
import { ChangedError, lookAt, place, remove, removeIfEmpty } from './disk/place.ts';
import { readEntry } from './disk/read-entry.ts';
import type { Stage } from './disk/stage.ts';
import { isSameStamp, type Stamp, stampOf } from './disk/stamp.ts';
import { download } from './download.ts';
import { isSame } from './memory/memory.ts';
import { foldersAbove, type ReplicaPart } from './part.ts';
import type { Refusals } from './refusals.ts';

export interface ApplyOptions extends ReplicaPart {
  stage: Stage;
  collisions: Collisions;
  refusals: Refusals;
  /** Paths that cannot be written, with the reason. */
  blocked: Blocked;
  /** Resolves when no one else may change files; the function ends that. */
  lock(): Promise<() => void>;
}

/** What is written at once: so much lies in the stage before it is moved to its place. */
const batchFiles = 4_000;
const batchBytes = 134_217_728;

/** A pending change whose path looks as it should. */
interface Ready {
  path: string;
  entry: Entry | null;
  /** How what is there looks; undefined for nothing. */
  expected: Stamp | undefined;
}

/** Writes what is pending. What has changed in the replica meanwhile is left, and becomes dirty. */
export class Applier {
  readonly #options: ApplyOptions;

  constructor(options: ApplyOptions) {
    this.#options = options;
  }

  /** Writes one batch. Resolves with whether there was anything to do. */
  async apply(): Promise<boolean> {
    const { memory, stage, progress, lock, openFolders } = this.#options;
    const paths = this.#choose();
    if (paths.length === 0) return false;
    progress.filesTotal += paths.length;
    using folders = openFolders();
    const ready: Ready[] = [];
    for (const path of paths) {
      await shareTurn();
      const each = await this.#inspect(folders, path);
      if (each === undefined) progress.filesDone += 1;
      else ready.push(each);
    }
    const files = ready.flatMap(({ entry }) => (entry?.kind === 'file' ? [entry] : []));
    const names = await download(this.#options, folders, files);
    for (const { entry } of ready) {
      if (entry?.kind === 'link') names.set(entry.path, stage.addLink(folders, entry));
    }
    await stage.sync(
      folders,
      files.flatMap(({ path }) => names.get(path) ?? []),
    );
    const release = await lock();
    try {
      for (const each of ready) {
        await shareTurn();
        this.#write(folders, each, names.get(each.path));
        progress.filesDone += 1;
      }
    } finally {
      release();
      memory.save();
    }
    return true;
  }

  /**
   * Finds what a process that was killed has written without remembering it. Otherwise it would look like a change of
   * the replica when the workspace has changed again.
   */
  async recover(): Promise<void> {
    const { memory, openFolders } = this.#options;
    using folders = openFolders();
    for (const path of [...memory.pendingChanges(), ...memory.pendingDeletions()]) {
      await shareTurn();
      const pending = memory.pendingAt(path) ?? null;
      const stats = lookAt(folders, path);
      const isThere = stats !== undefined && !stats.isDirectory();
      if (isThere !== (pending !== null)) continue;
      const found = isThere ? await readEntry(folders, path) : undefined;
      if (found && (found.kind !== 'entry' || !isSame(found.entry, pending))) continue;
      memory.set(path, {
        base: pending,
        pending: undefined,
        stamp: found?.isFresh ? undefined : found?.stamp,
      });
    }
    memory.save();
  }

  /** The next batch: new and changed files first, so that renamed ones can be copied before they are deleted. */
  #choose(): string[] {
    const { memory, dirty, blocked } = this.#options;
    const isOpen = (path: string) => !dirty.has(path) && !blocked.has(path);
    const upserts: string[] = [];
    let bytes = 0;
    for (const path of memory.pendingChanges()) {
      if (!isOpen(path)) continue;
      if (upserts.length >= batchFiles || bytes > batchBytes) break;
      upserts.push(path);
      bytes += sizeOf(memory.pendingAt(path));
    }
    const deletions = [...memory.pendingDeletions()].filter(isOpen);
    if (upserts.length === 0) return deletions.slice(0, batchFiles);
    const names = new Set(upserts);
    const folders = new Set(upserts.flatMap(foldersAbove));
    const isInTheWay = (path: string) =>
      folders.has(path) || foldersAbove(path).some((each) => names.has(each));
    return [...deletions.filter(isInTheWay), ...upserts];
  }

  /** @returns Undefined if there is nothing to write, or the replica has a change of its own. */
  async #inspect(folders: Folders, path: string): Promise<Ready | undefined> {
    const { memory, dirty, blocked, collisions, refusals } = this.#options;
    const known = memory.get(path);
    const entry = known.pending ?? null;
    const rival = entry === null ? undefined : collisions.rivalOf(path);
    if (rival !== undefined) {
      blocked.add(path, `This file system cannot hold it beside ${JSON.stringify(rival)}.`, false);
      return undefined;
    }
    if (entry !== null) collisions.add(path);
    const stats = lookAt(folders, path);
    if (stats === undefined || stats.isDirectory()) {
      if (known.base === null && entry !== null) return { path, entry, expected: undefined };
      if (entry === null) memory.set(path, { base: null, pending: undefined, stamp: undefined });
      // It was deleted here and changed there: the change wins, but the workspace must know.
      else dirty.add(path);
      return undefined;
    }
    const expected = stampOf(stats);
    if (known.stamp !== undefined && isSameStamp(known.stamp, expected)) return { path, entry, expected };
    const found = await readEntry(folders, path);
    if (found.kind === 'unusable') blocked.add(path, found.reason);
    else if (found.kind !== 'entry') dirty.add(path);
    if (found.kind !== 'entry') return undefined;
    const stamp = found.isFresh ? undefined : found.stamp;
    if (isSame(found.entry, entry)) memory.set(path, { base: entry, pending: undefined, stamp });
    else if (isSame(found.entry, known.base)) return { path, entry, expected: found.stamp };
    else if (refusals.has(path, found.stamp))
      blocked.add(path, 'The workspace does not take the version that is here.');
    else dirty.add(path);
    return undefined;
  }

  #write(folders: Folders, { path, entry, expected }: Ready, name: string | undefined): void {
    const { memory, stage, dirty, blocked } = this.#options;
    try {
      if (entry === null) {
        if (expected !== undefined) remove(folders, path, expected);
        memory.set(path, { base: null, pending: undefined, stamp: undefined });
        this.#removeEmptied(folders, path);
      } else if (name === undefined) {
        blocked.add(path, 'The workspace has other bytes than it says.');
      } else {
        const stamp = place(folders, { stage, name, path, expected });
        memory.set(path, { base: entry, pending: undefined, stamp });
      }
    } catch (error) {
      if (name !== undefined) stage.remove(folders, name);
      if (error instanceof ChangedError) dirty.add(path);
      else if (isPassing(error)) throw error;
      else blocked.add(path, blockingReason(error), !isOfName(error));
    }
  }

  /** Folders are not synced themselves: one that has lost its last synced file goes, if nothing else is in it. */
  #removeEmptied(folders: Folders, path: string): void {
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
      if (this.#options.memory.hasFolder(folder) || !removeIfEmpty(folders, folder)) return;
    }
  }
}
