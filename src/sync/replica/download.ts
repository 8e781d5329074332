import { createHash } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync } from 'node:fs';
import { chunkBytes, chunkSize, chunksOf, type FileEntry, hashOf } from '../entry.ts';
import { packBytes } from '../remote.ts';
import { isDiskFull } from './disk/disk-full.ts';
import type { Folders } from './disk/folders.ts';
import { readAt, readChunk, readChunks } from './disk/read-entry.ts';
import { finish, type Stage, writeAll } from './disk/stage.ts';
import { groups, inParallel, type ReplicaPart } from './part.ts';

/** Where a chunk goes when it has come. */
interface Target {
  entry: FileEntry;
  index: number;
}

interface Wanted {
  sha256: string;
  size: number;
  targets: Target[];
}

/** A file of several chunks that is being put together. */
interface Part {
  name: string;
  fd: number;
}

export interface DownloadOptions extends ReplicaPart {
  stage: Stage;
}

const packsAtATime = 3;
const maxAsked = 2_000;

/**
 * Puts the contents of files into the stage. What the replica has already, under any path, is copied. What an earlier
 * attempt has left of a large file is used. The rest is asked for.
 *
 * @returns The name in the stage, by path. A file is missing in it if its content is not what its entry says.
 */
export async function download(
  options: DownloadOptions,
  folders: Folders,
  entries: readonly FileEntry[],
): Promise<Map<string, string>> {
  return new Download(options, folders).run(entries);
}

class Download {
  readonly #options: DownloadOptions;
  readonly #folders: Folders;
  readonly #parts = new Map<FileEntry, Part>();
  readonly #names = new Map<string, string>();

  constructor(options: DownloadOptions, folders: Folders) {
    this.#options = options;
    this.#folders = folders;
  }

  async run(entries: readonly FileEntry[]): Promise<Map<string, string>> {
    try {
      const wanted = new Map<string, Wanted>();
      for (const entry of entries) await this.#want(entry, wanted);
      await this.#copy(wanted);
      await this.#receive([...wanted.values()]);
      for (const [entry, part] of this.#parts) await this.#complete(entry, part);
      return this.#names;
    } catch (error) {
      for (const name of this.#names.values()) this.#options.stage.remove(this.#folders, name);
      // What is left of a large file is used at the next attempt, unless others need the room.
      const left = isDiskFull(error) ? this.#parts.values() : [];
      for (const { name } of left) this.#options.stage.remove(this.#folders, name);
      throw error;
    } finally {
      for (const { fd } of this.#parts.values()) closeSync(fd);
    }
  }

  async #want(entry: FileEntry, wanted: Map<string, Wanted>): Promise<void> {
    const chunks = chunksOf(entry);
    const part = chunks.length > 1 ? this.#open(entry) : undefined;
    for (const [index, sha256] of chunks.entries()) {
      const size = chunkSize(entry, index);
      const isThere = part && hashOf(await readAt(part.fd, index * chunkBytes, size)) === sha256;
      this.#options.progress.bytesTotal += size;
      if (isThere) this.#options.progress.bytesDone += size;
      if (isThere) continue;
      const known = wanted.get(sha256) ?? { sha256, size, targets: [] };
      known.targets.push({ entry, index });
      wanted.set(sha256, known);
    }
  }

  #open(entry: FileEntry): Part {
    const part = this.#options.stage.openPart(this.#folders, entry);
    this.#parts.set(entry, part);
    if (fstatSync(part.fd).size > entry.size) ftruncateSync(part.fd, entry.size);
    return part;
  }

  /** Takes from the replica itself what is there. The hash is checked, so it does not matter if a file has changed. */
  async #copy(wanted: Map<string, Wanted>): Promise<void> {
    for (const place of this.#options.memory.tree.placesOf(wanted.keys())) {
      const chunk = wanted.get(place.sha256);
      if (chunk === undefined) continue;
      const bytes = await readChunk(this.#folders, place);
      if (bytes === undefined || bytes.length !== chunk.size) continue;
      await this.#put(chunk, bytes);
      wanted.delete(place.sha256);
      if (wanted.size === 0) return;
    }
  }

  async #receive(wanted: readonly Wanted[]): Promise<void> {
    const { remote, signal } = this.#options;
    const limits = { maxCount: maxAsked, maxBytes: packBytes, bytesOf: ({ size }: Wanted) => size };
    await inParallel(groups(wanted, limits), packsAtATime, async (group) => {
      const missing = new Map(group.map((chunk) => [chunk.sha256, chunk]));
      for await (const { sha256, bytes } of remote.receive(group, signal)) {
        const chunk = missing.get(sha256);
        missing.delete(sha256);
        if (chunk !== undefined && chunk.size === bytes.length) await this.#put(chunk, bytes);
      }
      if (missing.size > 0) throw new Error('The workspace did not send all contents.');
    });
  }

  async #put({ size, targets }: Wanted, bytes: Uint8Array): Promise<void> {
    for (const { entry, index } of targets) {
      const part = this.#parts.get(entry);
      if (part) await writeAll(part.fd, bytes, index * chunkBytes);
      else this.#names.set(entry.path, await this.#options.stage.addFile(this.#folders, entry, bytes));
      this.#options.progress.bytesDone += size;
    }
  }

  /** The hash of the whole file shows whether its chunks are the right ones. */
  async #complete(entry: FileEntry, { name, fd }: Part): Promise<void> {
    const hash = createHash('sha256');
    for await (const bytes of readChunks(fd, entry.size)) hash.update(bytes);
    if (hash.digest('hex') === entry.sha256) {
      finish(fd, entry);
      this.#names.set(entry.path, name);
    } else this.#options.stage.remove(this.#folders, name);
  }
}
