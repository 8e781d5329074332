import { createHash } from 'node:crypto';

export interface StoredObject {
  body: Buffer;
  /** Includes the quotes. */
  etag: string;
  modifiedAt: Date;
}

/** A multipart upload that has not ended. */
export interface PendingUpload {
  id: string;
  key: string;
  startedAt: Date;
  parts: Map<number, StoredObject>;
}

export interface Bucket {
  objects: Map<string, StoredObject>;
  /** Keyed by the id of the upload. */
  uploads: Map<string, PendingUpload>;
  /** Most rows in one page of a list. S3 allows a server to return fewer rows than requested. */
  rowsPerPage: number;
}

export function storedObject(body: Buffer, etag = `"${md5(body).toString('hex')}"`): StoredObject {
  return { body, etag, modifiedAt: new Date() };
}

/** An object of several parts. Its ETag is not the MD5 of its bytes. */
export function joinedObject(parts: readonly StoredObject[]): StoredObject {
  const hashes = md5(...parts.map(({ body }) => md5(body))).toString('hex');
  return storedObject(Buffer.concat(parts.map(({ body }) => body)), `"${hashes}-${parts.length}"`);
}

function md5(...chunks: Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}
