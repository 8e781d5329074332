import { lstatSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Folders } from './disk/folders.ts';
import type { Stage } from './disk/stage.ts';
import type { Memory } from './memory/memory.ts';
import { foldersAbove } from './part.ts';

/** What a file system takes for the same name. */
export interface SameNames {
  ignoresCase: boolean;
  /** Unicode has several forms for the same text, such as a letter with an accent. */
  ignoresForm: boolean;
}

/** Tries out what the file system of a replica takes for the same name. */
export function probeNames(folders: Folders, stage: Stage): SameNames {
  const name = 'Probe-\u00e9';
  const isThere = (other: string) =>
    lstatSync(stage.at(folders, other), { throwIfNoEntry: false }) !== undefined;
  // Exclusively, because a tool may have planted a link of this name that leads elsewhere.
  writeFileSync(stage.at(folders, name), '', { flag: 'wx' });
  try {
    return { ignoresCase: isThere(name.toLowerCase()), ignoresForm: isThere(name.normalize('NFD')) };
  } finally {
    unlinkSync(stage.at(folders, name));
  }
}

/** Finds paths that the file system would take for another one: writing the second would change the first. */
export class Collisions {
  readonly #memory: Memory;
  readonly #names: SameNames;
  /** The paths of the replica and their folders, by what the file system makes of them. */
  #paths: Map<string, string> | undefined;

  constructor(memory: Memory, names: SameNames) {
    this.#memory = memory;
    this.#names = names;
  }

  /** Another path that is the same to the file system. */
  rivalOf(path: string): string | undefined {
    if (!this.#names.ignoresCase && !this.#names.ignoresForm) return undefined;
    this.#paths ??= this.#gather();
    for (const each of [path, ...foldersAbove(path)]) {
      const known = this.#paths.get(this.#fold(each));
      if (known !== undefined && known !== each) return known;
    }
    return undefined;
  }

  /** A path is written, so that another one is its rival from now on. */
  add(path: string): void {
    if (this.#paths !== undefined) this.#addTo(this.#paths, path);
  }

  /** Paths may have gone. */
  forget(): void {
    this.#paths = undefined;
  }

  #gather(): Map<string, string> {
    const paths = new Map<string, string>();
    for (const path of this.#memory.tree.paths()) this.#addTo(paths, path);
    return paths;
  }

  #addTo(paths: Map<string, string>, path: string): void {
    for (const each of [path, ...foldersAbove(path)]) {
      if (!paths.has(this.#fold(each))) paths.set(this.#fold(each), each);
    }
  }

  #fold(path: string): string {
    const formed = this.#names.ignoresForm ? path.normalize('NFC') : path;
    return this.#names.ignoresCase ? formed.toLowerCase() : formed;
  }
}
