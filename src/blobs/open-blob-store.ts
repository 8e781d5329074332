import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../startup-error.ts';
import type { BlobStore } from './blob-store.ts';
import { openDiskBlobStore } from './disk-blob-store.ts';

export interface OpenBlobStoreOptions {
  /** `file:data/blobs` (as in the database's URL), or `s3://bucket/prefix?endpoint=…&region=…`. */
  url: string;
  /** For a bucket: both, or none. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

/** @throws StartupError when the store cannot be used. */
export async function openBlobStore({ url }: OpenBlobStoreOptions): Promise<BlobStore> {
  return await openDiskBlobStore(folderOf(url));
}

/** `file:///srv/blobs`, or `file:data/blobs`, relative to the working directory and taken literally. */
function folderOf(url: string): string {
  try {
    return url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
  } catch {
    throw new StartupError('BLOB_URL is no valid file: URL.');
  }
}
