import { createHash } from 'node:crypto';

export interface StoredObject {
  body: Buffer;
  /** With its quotes. */
  etag: string;
  modifiedAt: Date;
}

/** An upload in parts that has not ended. */
export interface PendingUpload {
  id: string;
  key: string;
  startedAt: Date;
  parts: Map<number, StoredObject>;
}

export interface Bucket {
  objects: Map<string, StoredObject>;
  /** By their id. */
  uploads: Map<string, PendingUpload>;
  /** How many rows a page of a list has. S3 allows a server to give fewer than were asked for. */
  rowsPerPage: number;
}

export function storedObject(body: Buffer, etag = `"${md5(body).toString('hex')}"`): StoredObject {
  return { body, etag, modifiedAt: new Date() };
}

/** An object of several parts, whose ETag is none of its bytes. */
export function joinedObject(parts: readonly StoredObject[]): StoredObject {
  const hashes = md5(...parts.map(({ body }) => md5(body))).toString('hex');
  return storedObject(Buffer.concat(parts.map(({ body }) => body)), `"${hashes}-${parts.length}"`);
}

function md5(...chunks: Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}
