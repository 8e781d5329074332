import type { Readable } from 'node:stream';
import { createKeyedLock } from '../../base/lock.ts';
import type { BlobStore, ByteRange } from '../../blobs/blob-store.ts';
import { sweepBlobs } from '../../blobs/sweep-blobs.ts';
import { textList } from '../../storage/statements/dialect.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { usedBlobs } from '../../storage/statements/uploads.ts';

/** The blobs that recordings and attachments share. A blob is deleted when no row of either refers to it. */
export class UploadedBlobs {
  readonly store: BlobStore;
  readonly #statements: Statements;
  /** Locks each blob, because a blob could be deleted while another upload is about to refer to it. */
  readonly #lock = createKeyedLock<string>();

  constructor(store: BlobStore, statements: Statements) {
    this.store = store;
    this.#statements = statements;
  }

  /**
   * Does work that makes a row refer to a blob. Nobody deletes the blob meanwhile. If the work fails, the blob is deleted
   * unless a row refers to it.
   */
  use<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    return this.#lock(sha256, async () => {
      try {
        return await work();
      } catch (error) {
        await this.#deleteUnused(sha256);
        throw error;
      }
    });
  }

  /**
   * Opens the bytes of a blob, by the hash in its row.
   *
   * @throws BlobNotFoundError when no row refers to the blob any more.
   */
  open(sha256: string, range?: ByteRange): Promise<Readable> {
    return this.store.open(sha256, range);
  }

  /** Deletes the given blobs, except those that a row still refers to. */
  async release(keys: readonly string[]): Promise<void> {
    for (const sha256 of keys) await this.#lock(sha256, () => this.#deleteUnused(sha256));
  }

  /** Deletes what a crash left behind: see `sweepBlobs`. */
  async sweep(stagedBefore: Date): Promise<void> {
    const findUsed = (keys: string[]) => this.#findUsed(keys);
    await sweepBlobs({ blobs: this.store, stagedBefore, findUsed, release: (keys) => this.release(keys) });
  }

  async #deleteUnused(sha256: string): Promise<void> {
    if ((await this.#findUsed([sha256])).length === 0) await this.store.delete(sha256);
  }

  async #findUsed(keys: string[]): Promise<string[]> {
    const list = textList(keys);
    const rows = await this.#statements.all(usedBlobs, [list, list]);
    return rows.map(({ sha256 }) => sha256);
  }
}
