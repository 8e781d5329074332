import type { Readable } from 'node:stream';

/** Bytes that are in the store, but not yet under their key. One of the two calls ends that. */
export interface StagedBlob {
  /** The key it will have: the SHA-256 of the bytes, in hex. */
  readonly sha256: string;
  readonly size: number;
  /** Makes it a blob, atomically. One that is there already is as good. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Both ends are inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface BlobEntry {
  key: string;
  modifiedAt: Date;
}

/** Stored bytes, each under the hash of its content. */
export interface BlobStore extends AsyncDisposable {
  /**
   * Writes bytes as they come and hashes them on the way, holding no more than a few chunks. When the source
   * throws, or the signal aborts, nothing is left behind.
   *
   * @throws BlobStoreFullError when there is no room, and whatever the source throws.
   */
  stage(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<StagedBlob>;
  /**
   * The bytes of a blob, read as they are asked for.
   *
   * @throws BlobNotFoundError before the first byte.
   */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** Its size in bytes; null where there is no such blob. */
  size(key: string): Promise<number | null>;
  /** A blob that is not there is as good as deleted. */
  delete(key: string): Promise<void>;
  /** All blobs. */
  list(): AsyncIterable<BlobEntry>;
  /** Removes what was staged before this moment and never ended: a crash left it. */
  sweepStaged(before: Date): Promise<void>;
}

/** The store has no room left (HTTP 507). */
export class BlobStoreFullError extends Error {
  override readonly name = 'BlobStoreFullError';
}

export class BlobNotFoundError extends Error {
  override readonly name = 'BlobNotFoundError';
}
