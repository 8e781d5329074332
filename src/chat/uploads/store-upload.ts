import { BlobStoreFullError } from '../../blobs/blob-store.ts';
import { GatewayError } from '../../errors.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { StagedUpload } from './stage-upload.ts';
import type { UploadedBlobs } from './uploaded-blobs.ts';

export interface StoreUploadSteps<Facts, Stored> {
  /** Who stores the file. */
  userId: string;
  /** Reads the file into the blob store. */
  stage(): Promise<StagedUpload<Facts>>;
  /** Makes a row refer to the blob, which is there by then. If this fails, the blob is deleted again. */
  store(upload: StagedUpload<Facts>): Promise<Stored>;
}

/**
 * Stages a file, reserves its bytes of the user's quota, and stores it.
 *
 * @throws GatewayError QUOTA_EXCEEDED, INSUFFICIENT_STORAGE; what the steps throw. Nothing stays in the store then.
 */
export async function storeUpload<Facts, Stored>(
  { blobs, quotas }: { blobs: UploadedBlobs; quotas: Quotas },
  { userId, stage, store }: StoreUploadSteps<Facts, Stored>,
): Promise<Stored> {
  try {
    const upload = await stage();
    const { staged } = upload;
    using reserved = await quotas.reserve(userId, { bytes: staged.size }).catch(async (error: unknown) => {
      await staged.discard();
      throw error;
    });
    const stored = await blobs.use(staged.sha256, async () => {
      await staged.commit();
      return store(upload);
    });
    reserved.keep();
    return stored;
  } catch (error) {
    if (!(error instanceof BlobStoreFullError)) throw error;
    throw new GatewayError('INSUFFICIENT_STORAGE', 'There is no room left for this file.');
  }
}
