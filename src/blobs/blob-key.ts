import { BlobNotFoundError } from './blob-store.ts';

/** Whether a text has the form of a blob's key. Other texts must not become part of a path. */
export function isBlobKey(key: string): boolean {
  return /^[0-9a-f]{64}$/.test(key);
}

/** @throws BlobNotFoundError */
export function checkBlobKey(key: string): void {
  if (!isBlobKey(key)) throw new BlobNotFoundError('This is not the key of a blob.');
}
