import type { S3Answer } from '../s3-endpoint.ts';
import { type Bucket, type StoredObject, storedObject } from './bucket.ts';
import { S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';
import { xmlDocument, xmlText } from './xml.ts';

export function putObject({ objects }: Bucket, { key, body }: S3Request): S3Answer {
  const stored = storedObject(body);
  objects.set(key, stored);
  return { status: 200, headers: { etag: stored.etag } };
}

/** Copies an object within the bucket. As in S3, a copy onto itself must replace something. */
export function copyObject({ objects }: Bucket, { key, headers }: S3Request): S3Answer {
  const [, source = ''] = /^\/?[^/]+\/(.+)$/.exec(String(headers['x-amz-copy-source'])) ?? [];
  if (decodeURIComponent(source) === key && headers['x-amz-metadata-directive'] !== 'REPLACE')
    throw new S3Error(400, 'InvalidRequest', 'This copy request is illegal: it changes nothing.');
  const copy = storedObject(find(objects, decodeURIComponent(source)).body);
  objects.set(key, copy);
  const result = [xmlText('ETag', copy.etag), xmlText('LastModified', copy.modifiedAt.toISOString())];
  return { status: 200, body: xmlDocument('CopyObjectResult', ...result) };
}

export function getObject({ objects }: Bucket, { key, headers }: S3Request): S3Answer {
  const stored = find(objects, key);
  const { length } = stored.body;
  const range = rangeOf(headers.range, length);
  if (!range) return { status: 200, headers: headersOf(stored, length), body: stored.body };
  const body = stored.body.subarray(range.start, range.end + 1);
  return {
    status: 206,
    headers: {
      ...headersOf(stored, body.length),
      'content-range': `bytes ${range.start}-${range.end}/${length}`,
    },
    body,
  };
}

export function headObject({ objects }: Bucket, { key }: S3Request): S3Answer {
  const stored = find(objects, key);
  return { status: 200, headers: headersOf(stored, stored.body.length) };
}

export function deleteObject({ objects }: Bucket, { key }: S3Request): S3Answer {
  objects.delete(key);
  return { status: 204 };
}

function find(objects: Bucket['objects'], key: string): StoredObject {
  const stored = objects.get(key);
  if (!stored) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  return stored;
}

/** Parses one byte range with both ends (RFC 9110); undefined if the header is missing. */
function rangeOf(header: string | undefined, length: number): { start: number; end: number } | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (first === undefined)
    throw new S3Error(501, 'NotImplemented', `The range ${header} is not implemented.`);
  const [start, end] = [Number(first), Math.min(Number(last), length - 1)];
  if (start > end) throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable.');
  return { start, end };
}

function headersOf({ etag, modifiedAt }: StoredObject, length: number): Record<string, string> {
  return {
    'accept-ranges': 'bytes',
    'content-length': String(length),
    'content-type': 'application/octet-stream',
    'last-modified': modifiedAt.toUTCString(),
    etag,
  };
}
