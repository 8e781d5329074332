import type { Readable } from 'node:stream';

/** Bytes that are in the store but are not a blob yet. Call either `commit` or `discard`. */
export interface StagedBlob {
  /** The key it will have: the SHA-256 of the bytes, in hex. */
  readonly sha256: string;
  readonly size: number;
  /** Makes the bytes a blob in one atomic step. A blob with the same bytes may exist already. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Positions of bytes; both ends are included. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface BlobEntry {
  key: string;
  /** When the blob was stored, stored again or refreshed. */
  modifiedAt: Date;
}

/** Stores blobs, each under the SHA-256 of its bytes. */
export interface BlobStore extends AsyncDisposable {
  /**
   * Writes bytes as they come and hashes them. Only a few chunks are in memory at once. If the source throws or the
   * signal aborts, nothing stays in the store.
   *
   * @throws BlobStoreFullError if the store is full; rethrows errors of the source.
   */
  stage(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<StagedBlob>;
  /**
   * Reads a blob as a stream.
   *
   * @throws BlobNotFoundError before the first byte.
   */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** The size of a blob in bytes; null if there is no such blob. */
  size(key: string): Promise<number | null>;
  /** Deletes a blob. Does nothing if there is no such blob. */
  delete(key: string): Promise<void>;
  /** Sets the blob's `modifiedAt` to now. Does nothing if there is no such blob. */
  refresh(key: string): Promise<void>;
  /** All blobs. */
  list(): AsyncIterable<BlobEntry>;
  /** Removes bytes that were staged before this moment and neither committed nor discarded, because of a crash. */
  sweepStaged(before: Date): Promise<void>;
}

/** The store is full (HTTP 507). */
export class BlobStoreFullError extends Error {
  override readonly name = 'BlobStoreFullError';
}

export class BlobNotFoundError extends Error {
  override readonly name = 'BlobNotFoundError';
}
