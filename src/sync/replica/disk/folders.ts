import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { hasCode } from '../../../base/caught-error.ts';

/** A path leads through something that is no folder. */
export class NotAFolderError extends Error {
  override readonly name = 'NotAFolderError';
  /** The path of what is no folder, relative to the replica. */
  readonly path: string;

  constructor(path: string) {
    super(`${JSON.stringify(path)} is not a folder.`);
    this.path = path;
  }
}

/** A folder that was reached without following a link. */
export interface Folder {
  /** What to give to `readdir`. */
  readonly self: string;
  /**
   * What to give to the functions of `node:fs` for a name in the folder. On Linux it leads into this very folder, even
   * if another program has moved the folder or planted a link since. Use it before the next call of `Folders`.
   */
  at(name: string): string;
}

/** Through these paths the functions of `node:fs` work as `openat` does. */
const holdsFolders = process.platform === 'linux' && existsSync('/proc/self/fd');
const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Most folders that are held open. */
const maxHeld = 128;

/**
 * The folders of a replica. Each step of a path is opened on its own and refuses links, so that nobody who can write in
 * the replica can make it read or write outside. Where the system cannot do that, each step is looked at before use.
 */
export class Folders implements Disposable {
  readonly #anchor: string;
  readonly #below: string;
  readonly #held = new Map<string, number>();

  /**
   * @param anchor A real path, which nobody but the owner of the machine changes.
   * @param below The path of the replica below it; empty for the anchor itself.
   */
  constructor(anchor: string, below: string) {
    this.#anchor = anchor;
    this.#below = below;
  }

  /** @returns Undefined if there is nothing at the path. @throws NotAFolderError for a file or a link. */
  find(path: string): Folder | undefined {
    return this.#reach(path, false);
  }

  /** Like `find`, and creates what is missing. */
  make(path: string): Folder {
    const found = this.#reach(path, true);
    if (found === undefined) throw new NotAFolderError(path);
    return found;
  }

  /** Does not use what it knows of a folder and of the folders in it. */
  forget(path: string): void {
    const whole = this.#wholePath(path);
    for (const [held, fd] of this.#held) {
      if (held !== whole && !held.startsWith(`${whole}/`)) continue;
      this.#held.delete(held);
      closeSync(fd);
    }
  }

  [Symbol.dispose](): void {
    for (const fd of this.#held.values()) closeSync(fd);
    this.#held.clear();
  }

  #wholePath(path: string): string {
    return namesOf(`${this.#below}/${path}`).join('/');
  }

  #reach(path: string, isMade: boolean): Folder | undefined {
    const names = namesOf(this.#wholePath(path));
    const ownNames = namesOf(this.#below).length;
    let folder = this.#anchor;
    for (const [index, name] of names.entries()) {
      const whole = names.slice(0, index + 1).join('/');
      try {
        const next = this.#step(`${folder}/${name}`, whole, isMade);
        if (next === undefined) return undefined;
        folder = next;
      } catch (error) {
        if (!hasCode(error, 'ELOOP', 'ENOTDIR')) throw error;
        throw new NotAFolderError(names.slice(ownNames, index + 1).join('/'));
      }
    }
    return { self: folder, at: (name) => `${folder}/${checked(name)}` };
  }

  /**
   * Goes one folder down.
   *
   * @param whole The path from the anchor. The numbers of folders that are held are used again, so they are no key.
   */
  #step(path: string, whole: string, isMade: boolean): string | undefined {
    if (!holdsFolders) return lookAt(path, isMade);
    const held = this.#held.get(whole);
    if (held !== undefined) {
      // The one that was used longest ago is closed first.
      this.#held.delete(whole);
      this.#held.set(whole, held);
      return `/proc/self/fd/${held}`;
    }
    const fd = openFolder(path, isMade);
    if (fd === undefined) return undefined;
    this.#held.set(whole, fd);
    this.#closeOldest();
    return `/proc/self/fd/${fd}`;
  }

  #closeOldest(): void {
    const [oldest] = this.#held;
    if (oldest === undefined || this.#held.size <= maxHeld) return;
    this.#held.delete(oldest[0]);
    closeSync(oldest[1]);
  }
}

function openFolder(path: string, isMade: boolean): number | undefined {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return openSync(path, flags);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      if (!isMade || attempt > 1) return undefined;
      makeFolder(path);
    }
  }
}

function lookAt(path: string, isMade: boolean): string | undefined {
  if (isMade) makeFolder(path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return path;
  throw Object.assign(new Error('No folder.'), { code: 'ENOTDIR' });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function namesOf(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '')
    .map(checked);
}

/** Checks once more: callers have checked the path before, but a mistake here would write outside the folder. */
function checked(name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is not a name.`);
}
