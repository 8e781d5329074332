import { isBlobKey } from '../../blobs/blob-key.ts';
import { BlobNotFoundError, type BlobStore } from '../../blobs/blob-store.ts';

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
 * @throws BlobStoreFullError.
 */
export async function copyBlobs(from: BlobStore, to: BlobStore): Promise<CopiedBlobs> {
  const result: CopiedBlobs = { copied: 0, kept: 0, bytes: 0, damaged: [] };
  for await (const { key } of from.list()) {
    if (!isBlobKey(key)) continue;
    if ((await to.size(key)) !== null) {
      result.kept += 1;
      continue;
    }
    try {
      const staged = await to.stage(await from.open(key));
      if (staged.sha256 !== key) {
        await staged.discard();
        result.damaged.push(key);
        continue;
      }
      await staged.commit();
      result.copied += 1;
      result.bytes += staged.size;
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) throw error;
    }
  }
  return result;
}
