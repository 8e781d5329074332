import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { hasCode } from '../../base/caught-error.ts';
import { BlobNotFoundError, type BlobStore } from '../../blobs/blob-store.ts';
import { copyBlob } from '../backup/copy-blobs.ts';
import { filesFolder } from './export-file.ts';

/** Bytes that are read at once. */
const readBytes = 262_144;

/** The recordings and attachments of an export. Their names are made of their hashes, never of what a line says. */
export class ImportFiles {
  readonly #folder: string;
  readonly #checked = new Set<string>();

  constructor(folder: string) {
    this.#folder = join(folder, filesFolder);
  }

  /** Says what is wrong with a file, behind "expected"; undefined if nothing is. */
  async problemOf(sha256: string, size: number, signal: AbortSignal): Promise<string | undefined> {
    const key = `${sha256}:${size}`;
    if (this.#checked.has(key)) return undefined;
    const expected = `the file ${filesFolder}/${nameOf(sha256)} of ${size} bytes`;
    const found = await lstat(this.#pathOf(sha256)).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    if (found === undefined) return `${expected}, and there is no such file`;
    if (!found.isFile()) return `${expected}, and it is no regular file`;
    if (found.size !== size) return `${expected}, and it has ${found.size}`;
    const hash = createHash('sha256');
    for await (const chunk of this.#read(sha256)) {
      signal.throwIfAborted();
      hash.update(chunk as Buffer);
    }
    if (hash.digest('hex') !== sha256) return `${expected}, and its bytes have another SHA-256`;
    this.#checked.add(key);
    return undefined;
  }

  /** Stores a file, unless it is there. @returns Its size if it was stored now, 0 otherwise; undefined if it is not as it was checked. */
  async store(sha256: string, blobs: BlobStore, signal: AbortSignal): Promise<number | undefined> {
    if ((await blobs.size(sha256)) !== null) return 0;
    const open = async () => this.#read(sha256);
    const copied = await copyBlob({ open }, blobs, sha256, signal);
    return typeof copied === 'number' ? copied : undefined;
  }

  #read(sha256: string): Readable {
    const stream = createReadStream(this.#pathOf(sha256), { highWaterMark: readBytes });
    stream.on('error', (error) => {
      if (hasCode(error, 'ENOENT')) stream.destroy(new BlobNotFoundError(`There is no file ${sha256}.`));
    });
    return stream;
  }

  #pathOf(sha256: string): string {
    return join(this.#folder, nameOf(sha256));
  }
}

function nameOf(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256}`;
}
