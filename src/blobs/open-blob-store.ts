import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../config/startup-error.ts';
import type { BlobStore } from './blob-store.ts';
import { openDiskBlobStore } from './disk-blob-store.ts';

export interface OpenBlobStoreOptions {
  /** `file:data/blobs` (as in the database's URL), or `s3://bucket/prefix?endpoint=…&region=…`. */
  url: string;
  /** Needed for a bucket, together with `secretAccessKey`. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

/** @throws StartupError when the store cannot be used. */
export async function openBlobStore(options: OpenBlobStoreOptions): Promise<BlobStore> {
  const { url, accessKeyId = '', secretAccessKey = '' } = options;
  if (!url.startsWith('s3:')) return await openDiskBlobStore(blobFolder(url));
  // Loaded only when needed, because the S3 client takes long to load.
  const [{ openS3BlobStore }, { parseS3Url }] = await Promise.all([
    import('./s3-blob-store.ts'),
    import('./s3-location.ts'),
  ]);
  return await openS3BlobStore(parseS3Url(url, { accessKeyId, secretAccessKey }));
}

/** The store of the files of workspaces, which lies within the one of recordings and attachments. */
export function ofWorkspaces(options: OpenBlobStoreOptions): OpenBlobStoreOptions {
  return { ...options, url: urlWithin(options.url, 'workspaces') };
}

/** The URL of a store of its own within another one. The other one must use no such name itself. */
function urlWithin(url: string, name: string): string {
  if (!url.startsWith('s3:')) return `${url.replace(/\/+$/, '')}/${name}`;
  const within = new URL(url);
  within.pathname = `${within.pathname.replace(/\/+$/, '')}/${name}`;
  return within.href;
}

/**
 * The folder of a store on the disk: `file:///srv/blobs`, or `file:data/blobs`, relative to the working directory and
 * taken literally.
 *
 * @throws StartupError if the URL names no folder.
 */
export function blobFolder(url: string): string {
  try {
    return url.startsWith('file://') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
  } catch {
    throw new StartupError('BLOB_URL is not a valid file: URL.');
  }
}
