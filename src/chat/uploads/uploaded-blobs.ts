import type { Readable } from 'node:stream';
import { createKeyedLock } from '../../base/lock.ts';
import type { BlobStore, ByteRange } from '../../blobs/blob-store.ts';
import { sweepBlobs } from '../../blobs/sweep-blobs.ts';
import { textList } from '../../storage/statements/dialect.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { forgetReleased, forgetUsed, releasedBlobs, usedBlobs } from '../../storage/statements/uploads.ts';

/** Blobs that are released with one statement, of those that a crash has left. */
const releasedAtOnce = 500;

/**
 * The blobs that recordings and attachments share. A blob is deleted when no row of either refers to it. The transaction
 * that deletes a row notes its blob (`ReleasedBlob`), so that the next start deletes what a crash has left in between.
 */
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
    if (keys.length === 0) return;
    const [deleted, used]: [string[], string[]] = [[], []];
    for (const sha256 of keys) {
      const isDeleted = await this.#lock(sha256, () => this.#deleteUnused(sha256));
      (isDeleted ? deleted : used).push(sha256);
    }
    await this.#statements.transaction(async (tx) => {
      if (deleted.length > 0) await tx.run(forgetReleased, [textList(deleted)]);
      if (used.length > 0) await tx.run(forgetUsed, [textList(used)]);
    });
  }

  /** Releases the blobs of rows that were deleted before a crash. */
  async releaseLeft(): Promise<void> {
    for (let after = ''; ; ) {
      const rows = await this.#statements.all(releasedBlobs, [after, releasedAtOnce]);
      await this.release(rows.map(({ sha256 }) => sha256));
      const last = rows.at(-1);
      if (last === undefined || rows.length < releasedAtOnce) return;
      after = last.sha256;
    }
  }

  /** Deletes what a crash left behind: see `sweepBlobs`. */
  async sweep(stagedBefore: Date): Promise<void> {
    const findUsed = (keys: string[]) => this.#findUsed(keys);
    await sweepBlobs({ blobs: this.store, stagedBefore, findUsed, release: (keys) => this.release(keys) });
  }

  /** Returns whether no row refers to the blob, which is deleted then. */
  async #deleteUnused(sha256: string): Promise<boolean> {
    if ((await this.#findUsed([sha256])).length > 0) return false;
    await this.store.delete(sha256);
    return true;
  }

  async #findUsed(keys: string[]): Promise<string[]> {
    const list = textList(keys);
    const rows = await this.#statements.all(usedBlobs, [list, list]);
    return rows.map(({ sha256 }) => sha256);
  }
}
