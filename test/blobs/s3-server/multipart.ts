import { randomUUID } from 'node:crypto';
import type { S3Answer } from '../s3-endpoint.ts';
import { type Bucket, joinedObject, type PendingUpload, type StoredObject, storedObject } from './bucket.ts';
import { S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';
import { xmlDocument, xmlText } from './xml.ts';

/** Least bytes of each part except the last. */
const leastPart = 5 * 1_048_576;

export function createUpload({ uploads }: Bucket, { key }: S3Request): S3Answer {
  const id = randomUUID();
  uploads.set(id, { id, key, startedAt: new Date(), parts: new Map() });
  const result = [xmlText('Key', key), xmlText('UploadId', id)];
  return { status: 200, body: xmlDocument('InitiateMultipartUploadResult', ...result) };
}

export function putPart(bucket: Bucket, request: S3Request): S3Answer {
  const { parts } = find(bucket, request);
  const number = Number(request.query.get('partNumber'));
  if (!(Number.isInteger(number) && number >= 1 && number <= 10_000))
    throw new S3Error(
      400,
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive.',
    );
  const part = storedObject(request.body);
  parts.set(number, part);
  return { status: 200, headers: { etag: part.etag } };
}

export function completeUpload(bucket: Bucket, request: S3Request): S3Answer {
  const upload = find(bucket, request);
  const stored = joinedObject(listedParts(upload, request.body.toString()));
  bucket.objects.set(upload.key, stored);
  bucket.uploads.delete(upload.id);
  const result = [xmlText('Key', upload.key), xmlText('ETag', stored.etag)];
  return { status: 200, body: xmlDocument('CompleteMultipartUploadResult', ...result) };
}

export function abortUpload(bucket: Bucket, request: S3Request): S3Answer {
  bucket.uploads.delete(find(bucket, request).id);
  return { status: 204 };
}

function find({ uploads }: Bucket, { key, query }: S3Request): PendingUpload {
  const upload = uploads.get(query.get('uploadId') ?? '');
  if (upload?.key !== key) throw new S3Error(404, 'NoSuchUpload', 'The specified upload does not exist.');
  return upload;
}

function listedParts({ parts }: PendingUpload, xml: string): StoredObject[] {
  const listed = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: /<ETag>([^<]+)</.exec(part)?.[1]?.replaceAll('&quot;', '"'),
  }));
  if (listed.length === 0)
    throw new S3Error(400, 'MalformedXML', 'The XML you provided was not well-formed.');
  if (listed.some(({ number }, n) => number <= (listed[n - 1]?.number ?? 0)))
    throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  return listed.map(({ number, etag }, n) => {
    const part = parts.get(number);
    if (!part || part.etag !== etag)
      throw new S3Error(400, 'InvalidPart', `Part ${number} could not be found.`);
    if (part.body.length < leastPart && n < listed.length - 1)
      throw new S3Error(400, 'EntityTooSmall', `Part ${number} is smaller than the minimum allowed.`);
    return part;
  });
}
