import type { S3Answer } from '../s3-endpoint.ts';
import type { Bucket, PendingUpload } from './bucket.ts';
import type { S3Request } from './s3-request.ts';
import { xmlDocument, xmlElement, xmlText } from './xml.ts';

/** ListObjectsV2. Keys that have the delimiter behind the prefix are listed once, as a common prefix. */
export function listObjects({ objects, rowsPerPage }: Bucket, { query }: S3Request): S3Answer {
  const prefix = query.get('prefix') ?? '';
  const token = Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString();
  const names = new Set(
    [...objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => upToDelimiter(key, prefix, query.get('delimiter'))),
  );
  const left = [...names].filter((name) => name > token).sort();
  const page = left.slice(0, pageSize(query.get('max-keys'), rowsPerPage));
  const last = page.length < left.length ? page.at(-1) : undefined;
  const next =
    last === undefined ? [] : [xmlText('NextContinuationToken', Buffer.from(last).toString('base64url'))];
  const rows = page.map((name) => {
    const stored = objects.get(name);
    if (!stored) return xmlElement('CommonPrefixes', xmlText('Prefix', name));
    return xmlElement(
      'Contents',
      xmlText('Key', name),
      xmlText('LastModified', stored.modifiedAt.toISOString()),
      xmlText('ETag', stored.etag),
      xmlText('Size', stored.body.length),
    );
  });
  const head = [
    xmlText('Prefix', prefix),
    xmlText('KeyCount', page.length),
    xmlText('IsTruncated', last !== undefined),
  ];
  return { status: 200, body: xmlDocument('ListBucketResult', ...head, ...next, ...rows) };
}

export function listUploads({ uploads, rowsPerPage }: Bucket, { query }: S3Request): S3Answer {
  const prefix = query.get('prefix') ?? '';
  const marker = { key: query.get('key-marker') ?? '', id: query.get('upload-id-marker') ?? '\uffff' };
  const left = [...uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && inOrder(upload, marker) > 0)
    .sort(inOrder);
  const page = left.slice(0, pageSize(query.get('max-uploads'), rowsPerPage));
  const last = page.length < left.length ? page.at(-1) : undefined;
  const next = last ? [xmlText('NextKeyMarker', last.key), xmlText('NextUploadIdMarker', last.id)] : [];
  const rows = page.map(({ key, id, startedAt }) =>
    xmlElement(
      'Upload',
      xmlText('Key', key),
      xmlText('UploadId', id),
      xmlText('Initiated', startedAt.toISOString()),
    ),
  );
  const head = [xmlText('Prefix', prefix), xmlText('IsTruncated', last !== undefined)];
  return { status: 200, body: xmlDocument('ListMultipartUploadsResult', ...head, ...next, ...rows) };
}

function upToDelimiter(key: string, prefix: string, delimiter: string | null): string {
  const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return delimiter === null || at < 0 ? key : key.slice(0, at + delimiter.length);
}

function inOrder(a: Pick<PendingUpload, 'key' | 'id'>, b: Pick<PendingUpload, 'key' | 'id'>): number {
  const [x, y] = a.key === b.key ? [a.id, b.id] : [a.key, b.key];
  return x < y ? -1 : Number(x > y);
}

function pageSize(asked: string | null, most: number): number {
  return Math.min(Number(asked ?? most), most);
}
