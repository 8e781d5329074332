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
  /** Parameters and headers that identify the operation. */
  needs: string[];
  /** Further parameters and headers that the operation supports. */
  takes: string[];
  run: (bucket: Bucket, request: S3Request) => S3Answer;
}

const object: Pick<Operation, 'of' | 'takes'> = { of: 'object', takes: [] };
const operations: Operation[] = [
  { ...object, method: 'POST', needs: ['uploads'], run: createUpload },
  { ...object, method: 'POST', needs: ['uploadId'], run: completeUpload },
  { ...object, method: 'PUT', needs: ['uploadId', 'partNumber'], run: putPart },
  { ...object, method: 'DELETE', needs: ['uploadId'], run: abortUpload },
  {
    of: 'object',
    method: 'PUT',
    needs: ['x-amz-copy-source'],
    takes: ['x-amz-metadata-directive'],
    run: copyObject,
  },
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

/** Parameters and headers that do not change what an operation does. */
const irrelevant =
  /^x-id$|^x-amz-(date|content-sha256|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|checksum-\w+)$/;

/**
 * Runs the operation of a request. A request with an unsupported parameter or header is refused.
 *
 * @throws S3Error
 */
export function operate(bucket: Bucket, request: S3Request): S3Answer {
  const { method, key, query, headers } = request;
  const telling = Object.keys(headers).filter((name) => /^(x-amz-|if-|range$)/.test(name));
  const asked = [...query.keys(), ...telling].filter((name) => !irrelevant.test(name));
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
