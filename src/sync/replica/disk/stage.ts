import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  lutimesSync,
  openSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../../../base/caught-error.ts';
import { type FileEntry, hashOf, type LinkEntry } from '../../entry.ts';
import { privateFolder } from '../../path.ts';
import { makeDurable } from './durable.ts';
import type { Folders } from './folders.ts';

const writeAsync = promisify(write);
const exclusive = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const existing = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const partSuffix = '.part';
const atOnceBytes = 262_144;

/**
 * Where files lie until they are complete: a folder in the replica, so on its file system, that is never synced. A file
 * is renamed from here to its place.
 */
export class Stage {
  readonly folder: string;
  readonly #realFolder: string;
  #count = 0;

  /**
   * @param root The real path of the replica.
   * @param id Of the workspace, because two workspaces may have the same folder.
   */
  constructor(root: string, id: string) {
    this.folder = `${privateFolder}/incoming-${encodeURIComponent(id)}`;
    this.#realFolder = `${root}/${this.folder}`;
  }

  /** Writes a whole file. @returns Its name in the stage. */
  async addFile(folders: Folders, entry: FileEntry, bytes: Uint8Array): Promise<string> {
    const name = this.#nextName();
    const fd = openSync(folders.make(this.folder).at(name), exclusive, 0o600);
    try {
      if (bytes.length <= atOnceBytes) writeAllAtOnce(fd, bytes);
      else await writeAll(fd, bytes, 0);
      finish(fd, entry);
    } catch (error) {
      this.remove(folders, name);
      throw error;
    } finally {
      closeSync(fd);
    }
    return name;
  }

  addLink(folders: Folders, { target, modifiedAt }: LinkEntry): string {
    const name = this.#nextName();
    const path = folders.make(this.folder).at(name);
    symlinkSync(target, path);
    lutimesSync(path, modifiedAt / 1_000, modifiedAt / 1_000);
    return name;
  }

  /** Opens the part of a file that has several chunks. What it holds from an earlier attempt is kept. */
  openPart(folders: Folders, { sha256, path }: FileEntry): { name: string; fd: number } {
    const name = `${sha256}-${hashOf(path).slice(0, 16)}${partSuffix}`;
    const fd = openSync(folders.make(this.folder).at(name), existing, 0o600);
    if (fstatSync(fd).isFile()) return { name, fd };
    closeSync(fd);
    throw new Error(`${JSON.stringify(name)} is no file.`);
  }

  at(folders: Folders, name: string): string {
    return folders.make(this.folder).at(name);
  }

  remove(folders: Folders, name: string): void {
    try {
      unlinkSync(folders.make(this.folder).at(name));
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }

  /** Makes files of the stage durable. */
  async sync(folders: Folders, names: readonly string[]): Promise<void> {
    const { at } = folders.make(this.folder);
    await makeDurable(names.map(at), this.#realFolder);
  }

  /** Removes what an earlier process has left. @param keepsParts Whether parts of files are kept, to go on with them. */
  clean(folders: Folders, keepsParts: boolean): void {
    const held = folders.find(this.folder);
    if (held === undefined) return;
    let left = 0;
    for (const name of readdirSync(held.self)) {
      if (keepsParts && name.endsWith(partSuffix)) left += 1;
      else unlinkSync(held.at(name));
    }
    if (left > 0) return;
    folders.forget(this.folder);
    removeIfEmpty(folders, privateFolder, this.folder.slice(privateFolder.length + 1));
    removeIfEmpty(folders, '', privateFolder);
  }

  #nextName(): string {
    this.#count += 1;
    return String(this.#count);
  }
}

function removeIfEmpty(folders: Folders, folder: string, name: string): void {
  try {
    const path = folders.find(folder)?.at(name);
    if (path !== undefined) rmdirSync(path);
    folders.forget(folder === '' ? name : `${folder}/${name}`);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

/** Sets what a file has besides its content. Times come last, because a write changes them. */
export function finish(fd: number, { mode, modifiedAt }: FileEntry): void {
  fchmodSync(fd, mode);
  futimesSync(fd, modifiedAt / 1_000, modifiedAt / 1_000);
}

export async function writeAll(fd: number, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeAsync(fd, bytes, done, bytes.length - done, start + done);
    done += bytesWritten;
  }
}

/** A disk that is nearly full takes a part of the bytes. */
function writeAllAtOnce(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
