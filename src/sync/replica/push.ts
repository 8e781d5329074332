import { shareTurn } from '../../base/share-turn.ts';
import { maxChanges } from '../change.ts';
import type { Folders } from './disk/folders.ts';
import { lookAt } from './disk/place.ts';
import { readEntry } from './disk/read-entry.ts';
import { stampOf } from './disk/stamp.ts';
import type { LocalChange, PushOptions } from './local-change.ts';
import { isSame } from './memory/memory.ts';
import { foldersAbove } from './part.ts';
import { Transfer } from './transfer.ts';

/** Contents that are in memory for one transfer, and how many transfers there may be at a time. */
const batchBytes = 8_388_608;
const atATime = 2;

/** Sends what has changed in the replica. */
export class Pusher {
  readonly #options: PushOptions;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Takes all paths out of `dirty`. Those that could not be sent are in it again afterwards. */
  async push(): Promise<void> {
    const { dirty, progress, openFolders } = this.#options;
    const paths = [...dirty];
    dirty.clear();
    progress.filesTotal += paths.length;
    using folders = openFolders();
    const phases = inOrder(paths.map((path) => ({ path, isGone: isGone(folders, path) })));
    const unsent = new Set(paths);
    try {
      for (const phase of phases) await this.#pushAll(folders, phase, unsent);
    } finally {
      for (const path of unsent) dirty.add(path);
    }
  }

  async #pushAll(folders: Folders, paths: readonly string[], unsent: Set<string>): Promise<void> {
    const transfers = new Set<Promise<void>>();
    let failure: { error: unknown } | undefined;
    const send = (changes: LocalChange[]) => {
      const transfer = new Transfer(this.#options, changes)
        .run()
        .then(() => {
          for (const { path } of changes) unsent.delete(path);
        })
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => transfers.delete(transfer));
      transfers.add(transfer);
    };
    let batch: LocalChange[] = [];
    let bytes = 0;
    for (const path of paths) {
      await shareTurn();
      if (failure !== undefined) break;
      const change = await this.#changeOf(folders, path);
      if (change === undefined) {
        unsent.delete(path);
        this.#options.progress.filesDone += 1;
        continue;
      }
      batch.push(change);
      bytes += change.bytes?.length ?? 0;
      if (batch.length < maxChanges && bytes < batchBytes) continue;
      while (transfers.size >= atATime) await Promise.race(transfers);
      send(batch);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) send(batch);
    await Promise.all(transfers);
    if (failure !== undefined) throw failure.error;
  }

  /** @returns Undefined if there is nothing to send. */
  async #changeOf(folders: Folders, path: string): Promise<LocalChange | undefined> {
    const { memory, later, refusals } = this.#options;
    const known = memory.get(path);
    const stats = refusals.isEmpty ? undefined : lookAt(folders, path);
    // A large file that the workspace does not take is not read again and again.
    if (stats !== undefined && refusals.has(path, stampOf(stats))) return undefined;
    const found = await readEntry(folders, path);
    if (found.kind === 'unstable') {
      later.add(path);
      return undefined;
    }
    if (found.kind === 'unusable') {
      refusals.add(path, undefined, found.reason);
      return undefined;
    }
    const entry = found.kind === 'entry' ? found.entry : null;
    const stamp = found.kind === 'entry' && !found.isFresh ? found.stamp : undefined;
    if (isSame(entry, known.base)) {
      if (known.base !== null) memory.set(path, { ...known, stamp });
      return undefined;
    }
    if (known.pending !== undefined && isSame(entry, known.pending)) {
      memory.set(path, { base: known.pending, pending: undefined, stamp });
      return undefined;
    }
    return { path, base: known.base, entry, stamp, bytes: found.kind === 'entry' ? found.bytes : undefined };
  }
}

function isGone(folders: Folders, path: string): boolean {
  return lookAt(folders, path)?.isDirectory() ?? true;
}

/**
 * What is new goes before what is gone, so that a renamed file is copied on the other nodes and not sent to them. But a
 * file that is in the way of a folder, or the reverse, must go first.
 */
function inOrder(paths: readonly { path: string; isGone: boolean }[]): string[][] {
  const present = paths.flatMap(({ path, isGone }) => (isGone ? [] : [path]));
  const gone = paths.flatMap(({ path, isGone }) => (isGone ? [path] : []));
  const names = new Set(present);
  const folders = new Set(present.flatMap(foldersAbove));
  const isInTheWay = (path: string) =>
    folders.has(path) || foldersAbove(path).some((folder) => names.has(folder));
  return [gone.filter(isInTheWay), present, gone.filter((path) => !isInTheWay(path))];
}
