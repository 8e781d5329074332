import { BlobStoreFullError } from './blob-store.ts';

// S3 itself is never full, but servers with the same protocol can be. Each has its own name for that error.
const names = /^(XMinio\w*StorageFull|\w*QuotaExceeded|InsufficientStorage\w*)$/;

/** Turns an error of the S3 client into BlobStoreFullError if it means that the bucket is full; else returns it. */
export function asBlobStoreError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isFull = statusOf(error) === 507 || names.test(error.name);
  return isFull ? new BlobStoreFullError('The bucket is full.', { cause: error }) : error;
}

function statusOf(error: Error & { $metadata?: { httpStatusCode?: number } }): number | undefined {
  return error.$metadata?.httpStatusCode;
}
