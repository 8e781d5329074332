import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.ts';

/**
 * Checks that the body of a request is the one whose hash was signed, and that its checksum is right. Bodies in chunks
 * with a checksum behind them are refused, as older servers do. Unlike S3, unsigned bodies are refused too.
 *
 * @throws S3Error
 */
export function checkPayload(headers: IncomingHttpHeaders, body: Buffer): void {
  const signedHash = headers['x-amz-content-sha256'];
  if (String(signedHash).startsWith('STREAMING-'))
    throw new S3Error(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented.',
    );
  if (createHash('sha256').update(body).digest('hex') !== signedHash)
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'The provided hash is not that of the body.');
  checkChecksum(headers, body);
}

function checkChecksum(headers: IncomingHttpHeaders, body: Buffer): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-checksum-')) continue;
    if (name !== 'x-amz-checksum-crc32')
      throw new S3Error(501, 'NotImplemented', `${name} is not implemented.`);
    if (value !== crc32Of(body)) throw new S3Error(400, 'BadDigest', 'The checksum is not that of the body.');
  }
}

function crc32Of(payload: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(payload));
  return bytes.toString('base64');
}
