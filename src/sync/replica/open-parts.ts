import { lstatSync } from 'node:fs';
import type { Remote } from '../remote.ts';
import { Applier } from './apply.ts';
import type { Blocked } from './blocked.ts';
import { Collisions, probeNames, type SameNames } from './collisions.ts';
import { Folders } from './disk/folders.ts';
import { Stage } from './disk/stage.ts';
import { Memory } from './memory/memory.ts';
import type { Progress } from './progress.ts';
import { Pusher } from './push.ts';
import type { Refusals } from './refusals.ts';
import { Scanner } from './scan.ts';
import type { Skipped } from './skipped.ts';
import type { FolderWatcher } from './watch.ts';

export interface OpenPartsOptions {
  id: string;
  anchor: string;
  below: string;
  stateFolder: string;
  remote: Remote;
  progress: Progress;
  dirty: Set<string>;
  later: Set<string>;
  skipped: Skipped;
  refusals: Refusals;
  blocked: Blocked;
  sameNames: SameNames | undefined;
  watcher: FolderWatcher;
  lock(): Promise<() => void>;
  onRevision(revision: number): void;
  onConflict(path: string, keptPath: string): void;
  signal: AbortSignal;
}

/** The parts of a replica whose folder is there. */
export interface Parts {
  memory: Memory;
  scanner: Scanner;
  pusher: Pusher;
  applier: Applier;
  collisions: Collisions;
  stage: Stage;
  openFolders(): Folders;
}

export async function openParts(options: OpenPartsOptions): Promise<Parts> {
  const { id, anchor, below, stateFolder, sameNames, ...shared } = options;
  const openFolders = () => new Folders(anchor, below);
  const root = below === '' ? anchor : `${anchor}/${below}`;
  const stage = new Stage(root, id);
  using folders = openFolders();
  const memory = await Memory.open(`${stateFolder}/index.jsonl`, inodeOf(folders));
  try {
    stage.clean(folders, true);
    const collisions = new Collisions(memory, sameNames ?? probeNames(folders, stage));
    stage.clean(folders, true);
    const parts = { ...shared, memory, stage, collisions, openFolders };
    const applier = new Applier(parts);
    await applier.recover();
    return { ...parts, applier, scanner: new Scanner(parts), pusher: new Pusher(parts) };
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}

/** The inode of the folder, which is created if it is not there. */
export function inodeOf(folders: Folders): number {
  return lstatSync(`${folders.make('').self}/.`).ino;
}
