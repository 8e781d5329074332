import { shareTurn } from '../../base/share-turn.ts';
import type { Entry } from '../entry.ts';
import { pathProblem } from '../path.ts';
import { isSame, type Memory } from './memory/memory.ts';
import type { ReplicaPart } from './part.ts';

type PullOptions = Pick<ReplicaPart, 'memory' | 'remote' | 'dirty' | 'signal'>;

/** More files than any gateway allows by default: a gateway that sends without an end must not fill the memory. */
export const defaultMaxFiles = 250_000;

/** Gets to know what has changed in the workspace, and remembers it as pending. */
export async function pullChanges(options: PullOptions, maxFiles: number): Promise<void> {
  const { memory, remote, signal } = options;
  const changed = await remote.changedAfter(memory.revision, signal);
  if (changed === undefined) return compareFolders(options, maxFiles);
  for await (const { path, entry } of changed.paths) {
    await shareTurn();
    if (isUsable(path, entry)) setPending(options, path, entry);
    checkSize(memory, maxFiles);
  }
  memory.revision = changed.revision;
  memory.save();
}

/** Where the workspace no longer knows what was deleted: compares folders, from the top, as far as they differ. */
async function compareFolders(options: PullOptions, maxFiles: number): Promise<void> {
  const { memory, remote, signal } = options;
  let revision: number | undefined;
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const listing = await remote.folder(folder, signal);
    // What changes while the folders are compared comes again with the changes after the first revision.
    revision ??= listing.revision;
    const start = folder === '' ? '' : `${folder}/`;
    const there = new Map(listing.entries.map((entry) => [entry.path, entry]));
    for (const [path, entry] of there) if (isUsable(path, entry)) setPending(options, path, entry);
    for (const name of memory.namesIn(folder)) {
      if (!there.has(start + name)) setPending(options, start + name, null);
    }
    const below = new Map(Object.entries(listing.folders));
    for (const [name, hash] of below) {
      const path = start + name;
      // What is pending in it may differ from what is pending now.
      const isKnown = memory.tree.hash(path) === hash && !memory.isPendingIn(path);
      if (pathProblem(path) === undefined && !isKnown) waiting.push(path);
    }
    for (const name of memory.foldersIn(folder)) if (!below.has(name)) loseFolder(options, start + name);
    checkSize(memory, maxFiles);
    await shareTurn();
  }
  memory.revision = revision ?? 0;
  memory.save();
}

function setPending({ memory, dirty }: PullOptions, path: string, entry: Entry | null): void {
  if (memory.wasSent(path, entry)) {
    memory.set(path, { base: entry, pending: undefined, stamp: undefined });
    // It may have been changed or deleted since, which did not look like a change without that base.
    dirty.add(path);
    return;
  }
  const known = memory.get(path);
  memory.set(path, { ...known, pending: isSame(entry, known.base) ? undefined : entry });
}

/** A gateway that is not what it says must not make the replica write anywhere else. */
function isUsable(path: string, entry: Entry | null): boolean {
  return pathProblem(path) === undefined && (entry === null || entry.path === path);
}

function checkSize(memory: Memory, maxFiles: number): void {
  if (memory.size > maxFiles) throw new Error(`The workspace has more than ${maxFiles} files.`);
}

/** The workspace has nothing in a folder any more. */
function loseFolder(options: PullOptions, folder: string): void {
  const { memory } = options;
  for (const name of memory.namesIn(folder)) setPending(options, `${folder}/${name}`, null);
  for (const name of memory.foldersIn(folder)) loseFolder(options, `${folder}/${name}`);
}
