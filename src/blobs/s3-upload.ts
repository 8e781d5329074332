import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { asBlobStoreError } from './s3-error.ts';

/** How many parts of 5 MiB are sent at once; one more is being filled. */
const partsAtOnce = 2;

export interface S3Object {
  Bucket: string;
  Key: string;
}

export interface Uploaded {
  sha256: string;
  size: number;
}

/**
 * Uploads bytes as they come and hashes them. If that fails, the server is told to delete the parts it has.
 *
 * @throws BlobStoreFullError if the bucket is full; rethrows errors of the source.
 */
export async function upload(
  client: S3Client,
  staged: S3Object,
  source: AsyncIterable<Uint8Array>,
): Promise<Uploaded> {
  const hash = createHash('sha256');
  let size = 0;
  let failure: { error: unknown } | undefined;
  async function* hashed() {
    try {
      for await (const chunk of source) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const body = Readable.from(hashed());
  try {
    await new Upload({ client, params: { ...staged, Body: body }, queueSize: partsAtOnce }).done();
  } catch (error) {
    // `Upload` aborts by itself. If aborting fails too, its error would hide the error of the source.
    if (failure) throw failure.error;
    throw asBlobStoreError(error);
  } finally {
    body.destroy();
  }
  return { sha256: hash.digest('hex'), size };
}
