import { BlobStoreFullError } from './blob-store.ts';

// S3 itself is never full. Servers that speak its protocol are, and each has its own name for it.
const names = /^(XMinio\w*StorageFull|\w*QuotaExceeded|InsufficientStorage\w*)$/;

/** What to throw for an error of the client for S3: it, or that there is no room. */
export function orBlobStoreFull(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isFull = statusOf(error) === 507 || names.test(error.name);
  return isFull ? new BlobStoreFullError('The bucket is full.', { cause: error }) : error;
}

function statusOf(error: Error & { $metadata?: { httpStatusCode?: number } }): number | undefined {
  return error.$metadata?.httpStatusCode;
}
