import type { S3Answer } from '../s3-endpoint.ts';
import type { Bucket } from './bucket.ts';
import { listObjects, listUploads } from './lists.ts';
import { abortUpload, completeUpload, createUpload, putPart } from './multipart.ts';
import { copyObject, deleteObject, getObject, headObject, putObject } from './objects.ts';
import { S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';

interface Operation {
  of: 'bucket' | 'object';
  method: string;
  /** Parameters and headers that make it this one. */
  needs: string[];
  /** Parameters and headers that it may have. */
  takes: string[];
  run: (bucket: Bucket, request: S3Request) => S3Answer;
}

const object: Pick<Operation, 'of' | 'takes'> = { of: 'object', takes: [] };
const operations: Operation[] = [
  { ...object, method: 'POST', needs: ['uploads'], run: createUpload },
  { ...object, method: 'POST', needs: ['uploadId'], run: completeUpload },
  { ...object, method: 'PUT', needs: ['uploadId', 'partNumber'], run: putPart },
  { ...object, method: 'DELETE', needs: ['uploadId'], run: abortUpload },
  { ...object, method: 'PUT', needs: ['x-amz-copy-source'], run: copyObject },
  { ...object, method: 'PUT', needs: [], run: putObject },
  { ...object, method: 'GET', needs: [], takes: ['range'], run: getObject },
  { ...object, method: 'HEAD', needs: [], run: headObject },
  { ...object, method: 'DELETE', needs: [], run: deleteObject },
  {
    of: 'bucket',
    method: 'GET',
    needs: ['list-type'],
    takes: ['prefix', 'delimiter', 'continuation-token', 'max-keys'],
    run: listObjects,
  },
  {
    of: 'bucket',
    method: 'GET',
    needs: ['uploads'],
    takes: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads'],
    run: listUploads,
  },
];

/** Says which operation it is, changes nothing. */
const meaningless =
  /^x-id$|^x-amz-(date|content-sha256|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|checksum-\w+)$/;

/**
 * Does what is asked. What it does not know it refuses, rather than to leave it out.
 *
 * @throws S3Error
 */
export function operate(bucket: Bucket, request: S3Request): S3Answer {
  const { method, key, query, headers } = request;
  const telling = Object.keys(headers).filter((name) => /^(x-amz-|if-|range$)/.test(name));
  const asked = [...query.keys(), ...telling].filter((name) => !meaningless.test(name));
  const found = operations.find(
    ({ of, method: its, needs, takes }) =>
      its === method &&
      of === (key === '' ? 'bucket' : 'object') &&
      needs.every((name) => asked.includes(name)) &&
      asked.every((name) => needs.includes(name) || takes.includes(name)),
  );
  if (!found)
    throw new S3Error(501, 'NotImplemented', `${method} with ${asked.join(', ')} is not implemented.`);
  return found.run(bucket, request);
}
