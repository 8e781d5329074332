import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { messageOf } from '../base/caught-error.ts';
import { StartupError } from '../config/startup-error.ts';
import { checkBlobKey, isBlobKey } from './blob-key.ts';
import { BlobNotFoundError, type BlobStore, type StagedBlob } from './blob-store.ts';
import { asBlobStoreError } from './s3-error.ts';
import { createS3Client, type S3Location } from './s3-location.ts';
import { listMultipartUploads } from './s3-multipart.ts';
import { type S3Object, type Uploaded, upload } from './s3-upload.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * Stores blobs as objects `<prefix><key>` in a bucket, and staged bytes as `<prefix>staged/<uuid>`. Nothing else may
 * use that prefix.
 *
 * @throws StartupError when the bucket cannot be written.
 */
export async function openS3BlobStore(location: S3Location): Promise<BlobStore> {
  const { bucket: Bucket, prefix } = location;
  const client = createS3Client(location);
  const staging = `${prefix}staged/`;
  try {
    const probe = { Bucket, Key: `${staging}${randomUUID()}` };
    await client.send(new PutObjectCommand({ ...probe, Body: '', ContentLength: 0 }));
    await client.send(new DeleteObjectCommand(probe));
  } catch (error) {
    client.destroy();
    throw new StartupError(`The bucket ${Bucket} cannot be used: ${messageOf(error)}.`, { cause: error });
  }

  const objectOf = (key: string) => {
    checkBlobKey(key);
    return { Bucket, Key: `${prefix}${key}` };
  };

  return {
    async stage(source, signal) {
      const staged = { Bucket, Key: `${staging}${randomUUID()}` };
      const uploaded = await upload(client, staged, untilAborted(source, signal));
      return stagedBlob(client, staged, objectOf(uploaded.sha256), uploaded);
    },
    async open(key, range) {
      const Range = range && `bytes=${range.start}-${range.end}`;
      const { Body } = await client
        .send(new GetObjectCommand({ ...objectOf(key), Range }))
        .catch((error: unknown) => {
          throw hasName(error, 'NoSuchKey') ? new BlobNotFoundError(`There is no blob ${key}.`) : error;
        });
      if (!(Body instanceof Readable)) throw new TypeError('The client for S3 gave no stream.');
      return Body;
    },
    async size(key) {
      if (!isBlobKey(key)) return null;
      try {
        return (await client.send(new HeadObjectCommand(objectOf(key)))).ContentLength ?? null;
      } catch (error) {
        if (hasName(error, 'NotFound')) return null;
        throw error;
      }
    },
    async delete(key) {
      if (isBlobKey(key)) await client.send(new DeleteObjectCommand(objectOf(key)));
    },
    async refresh(key) {
      const blob = objectOf(key);
      // S3 copies an object onto itself only when something changes; REPLACE counts as a change.
      const onto = { ...blob, CopySource: copySourceOf(blob), MetadataDirective: 'REPLACE' } as const;
      await client.send(new CopyObjectCommand(onto)).catch((error: unknown) => {
        if (!hasName(error, 'NoSuchKey')) throw error;
      });
    },
    async *list() {
      for await (const { Key, modifiedAt } of listObjects(client, { Bucket, Prefix: prefix })) {
        const key = Key.slice(prefix.length);
        if (isBlobKey(key)) yield { key, modifiedAt };
      }
    },
    async sweepStaged(before) {
      for await (const { Key, modifiedAt } of listObjects(client, { Bucket, Prefix: staging })) {
        if (modifiedAt < before) await client.send(new DeleteObjectCommand({ Bucket, Key }));
      }
      for await (const { Key, UploadId, startedAt } of listMultipartUploads(client, Bucket, staging)) {
        if (startedAt < before) {
          await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        }
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

function stagedBlob(
  client: S3Client,
  staged: S3Object,
  blob: S3Object,
  { sha256, size }: Uploaded,
): StagedBlob {
  const discard = async () => {
    await client.send(new DeleteObjectCommand(staged));
  };
  return {
    sha256,
    size,
    async commit() {
      try {
        await client.send(new CopyObjectCommand({ ...blob, CopySource: copySourceOf(staged) }));
      } catch (error) {
        throw asBlobStoreError(error);
      } finally {
        // A failure here does no harm: the blob is the copy, and the next sweep removes the staged object.
        await discard().catch(() => {});
      }
    },
    discard,
  };
}

function copySourceOf({ Bucket, Key }: S3Object): string {
  return [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/');
}

/** Lists the objects whose key is the prefix and a rest without `/`. */
async function* listObjects(client: S3Client, { Bucket, Prefix }: { Bucket: string; Prefix: string }) {
  const pages = paginateListObjectsV2({ client }, { Bucket, Prefix, Delimiter: '/' });
  for await (const { Contents = [] } of pages) {
    for (const { Key, LastModified } of Contents) {
      if (Key !== undefined && LastModified !== undefined) yield { Key, modifiedAt: LastModified };
    }
  }
}

function hasName(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
