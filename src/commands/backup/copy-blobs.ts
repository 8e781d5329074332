import { messageOf } from '../../base/caught-error.ts';
import { isBlobKey } from '../../blobs/blob-key.ts';
import { BlobNotFoundError, type BlobStore } from '../../blobs/blob-store.ts';
import { StartupError } from '../../config/startup-error.ts';
import { namedBlobs } from '../../storage/sqlite/named-blobs.ts';

export interface CopiedBlobs {
  copied: number;
  /** Blobs that the target had before. */
  kept: number;
  bytes: number;
  /** Keys of blobs whose bytes are not those that were stored. They are not copied. */
  damaged: string[];
}

/**
 * Copies the blobs that the target lacks. The key of a blob is the SHA-256 of its bytes, so each copy is checked while it
 * is written. A blob that is deleted meanwhile is left out.
 *
 * @throws StartupError if a blob cannot be read or written.
 */
export async function copyBlobs(from: BlobStore, to: BlobStore): Promise<CopiedBlobs> {
  const result: CopiedBlobs = { copied: 0, kept: 0, bytes: 0, damaged: [] };
  for await (const { key } of from.list()) {
    if (!isBlobKey(key)) continue;
    if ((await to.size(key)) !== null) {
      result.kept += 1;
      continue;
    }
    const size = await copyBlob(from, to, key).catch((error: unknown) => {
      const reason = messageOf(error).replace(/\.$/, '');
      throw new StartupError(`The stored file ${key} cannot be copied: ${reason}.`, { cause: error });
    });
    if (size === 'damaged') result.damaged.push(key);
    if (typeof size !== 'number') continue;
    result.copied += 1;
    result.bytes += size;
  }
  return result;
}

/**
 * Says which blobs a database refers to that are in none of the stores: somebody has deleted them, or a copy of the
 * backup is incomplete.
 *
 * @param file The database.
 * @param stores The stores of recordings and attachments, and of workspaces, that may have the blobs.
 * @returns A sentence that begins with a space; empty if nothing is missing.
 */
export async function tellMissing(file: string, stores: readonly (readonly BlobStore[])[]): Promise<string> {
  const missing: string[] = [];
  for (const [index, keys] of namedBlobs(file).entries()) {
    for (const key of keys) {
      const sizes = await Promise.all(stores.map((each) => each[index]?.size(key) ?? null));
      if (sizes.every((size) => size === null)) missing.push(key);
    }
  }
  if (missing.length === 0) return '';
  const [first = '', ...others] = missing;
  return ` ${missing.length} stored files that the database names are missing: ${first}${others.length > 0 ? ', …' : ''}.`;
}

/**
 * Copies a blob, and checks its bytes while they are written.
 *
 * @returns Its size; `damaged` if its bytes are not those that were stored, `gone` if it was deleted. It is not copied then.
 * @throws BlobStoreFullError.
 */
export async function copyBlob(
  from: Pick<BlobStore, 'open'>,
  to: BlobStore,
  key: string,
  signal?: AbortSignal,
): Promise<number | 'damaged' | 'gone'> {
  try {
    const staged = await to.stage(await from.open(key), signal);
    if (staged.sha256 === key) {
      await staged.commit();
      return staged.size;
    }
    await staged.discard();
    return 'damaged';
  } catch (error) {
    if (error instanceof BlobNotFoundError) return 'gone';
    throw error;
  }
}
