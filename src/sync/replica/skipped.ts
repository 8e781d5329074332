import { folderOf, nameOf } from '../path.ts';

/** Paths that cannot be synced, each with the reason, a sentence. */
export class Skipped {
  readonly #folders = new Map<string, Map<string, string>>();

  add(path: string, reason: string): void {
    const names = this.#folders.get(folderOf(path)) ?? new Map<string, string>();
    this.#folders.set(folderOf(path), names.set(nameOf(path), reason));
  }

  /** Forgets the paths directly in a folder. */
  forgetIn(folder: string): void {
    this.#folders.delete(folder);
  }

  get isEmpty(): boolean {
    return this.#folders.size === 0;
  }

  *[Symbol.iterator](): Generator<{ path: string; reason: string }> {
    for (const [folder, names] of this.#folders) {
      for (const [name, reason] of names) yield { path: folder === '' ? name : `${folder}/${name}`, reason };
    }
  }
}
