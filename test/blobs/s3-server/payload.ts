import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { decodeAwsChunks } from './aws-chunks.ts';
import { S3Error } from './s3-error.ts';

export interface CheckPayloadOptions {
  /** Whether it takes bodies in chunks with a checksum behind them, as newer servers do. */
  takesTrailers: boolean;
}

/**
 * The bytes that a request is about, which are those that were signed and whose checksums were given. Unlike S3, it
 * takes no body that is neither: over plain HTTP, nothing else protects it.
 *
 * @throws S3Error
 */
export function checkPayload(
  headers: IncomingHttpHeaders,
  body: Buffer,
  { takesTrailers }: CheckPayloadOptions,
): Buffer {
  const signedHash = headers['x-amz-content-sha256'];
  if (takesTrailers && signedHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return unpack(headers, body);
  if (String(signedHash).startsWith('STREAMING-'))
    throw new S3Error(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented.',
    );
  if (createHash('sha256').update(body).digest('hex') !== signedHash)
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'The provided hash is not that of the body.');
  checkChecksums(headers, body);
  return body;
}

function unpack(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  const { payload, trailers } = decodeAwsChunks(body);
  if (
    headers['content-encoding'] !== 'aws-chunked' ||
    String(payload.length) !== headers['x-amz-decoded-content-length']
  )
    throw new S3Error(400, 'IncompleteBody', 'The body is not as long as was said.');
  if (Object.keys(trailers).join() !== headers['x-amz-trailer'])
    throw new S3Error(400, 'MalformedTrailerError', 'The trailer is not the one that was announced.');
  checkChecksums(trailers, payload);
  return payload;
}

function checkChecksums(fields: IncomingHttpHeaders, payload: Buffer): void {
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith('x-amz-checksum-')) continue;
    if (name !== 'x-amz-checksum-crc32')
      throw new S3Error(501, 'NotImplemented', `${name} is not implemented.`);
    if (value !== crc32Of(payload))
      throw new S3Error(400, 'BadDigest', 'The checksum is not that of the body.');
  }
}

function crc32Of(payload: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(payload));
  return bytes.toString('base64');
}
