import { folderOf } from '../path.ts';
import type { Remote } from '../remote.ts';
import type { Folders } from './disk/folders.ts';
import type { Memory } from './memory/memory.ts';
import type { Progress } from './progress.ts';

/** What the parts of a replica share. */
export interface ReplicaPart {
  memory: Memory;
  remote: Remote;
  progress: Progress;
  /** The paths that may differ from what is remembered. */
  dirty: Set<string>;
  openFolders(): Folders;
  /** Aborts when the replica is closed. */
  signal: AbortSignal;
}

/** Runs work for each item, at most `width` at a time. The first failure is thrown when all that has begun has ended. */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const next = async () => {
    while (failure === undefined) {
      const { value, done } = iterator.next();
      if (done) return;
      await work(value).catch((error) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: width }, next));
  if (failure !== undefined) throw failure.error;
}

/** Cuts a list into groups of at most `maxCount` items and `maxBytes` bytes, but at least one item. */
export function* groups<T>(
  items: Iterable<T>,
  { maxCount, maxBytes, bytesOf }: { maxCount: number; maxBytes: number; bytesOf(item: T): number },
): Generator<T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const more = bytesOf(item);
    if (group.length > 0 && (group.length >= maxCount || bytes + more > maxBytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += more;
  }
  if (group.length > 0) yield group;
}

/** The folders in which a path is, the innermost first, without the top. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) folders.push(folder);
  return folders;
}
