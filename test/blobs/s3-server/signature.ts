import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { S3Location } from '../../../src/blobs/s3-location.ts';
import { S3Error } from './s3-error.ts';

/** Milliseconds by which the clocks may differ. */
const mostSkew = 15 * 60_000;

/**
 * Signs the request again, as the client should have (AWS Signature Version 4 in the header), and compares the signatures.
 * `checkPayload` checks that the body matches the signed hash.
 *
 * @throws S3Error
 */
export async function checkSignature(request: IncomingMessage, location: S3Location): Promise<void> {
  const { authorization, ...headers } = definedHeaders(request);
  const [, accessKeyId] = /^AWS4-HMAC-SHA256 Credential=([^/,]+)\//.exec(authorization ?? '') ?? [];
  if (authorization === undefined || accessKeyId === undefined)
    throw new S3Error(403, 'AccessDenied', 'Access Denied');
  if (accessKeyId !== location.accessKeyId)
    throw new S3Error(403, 'InvalidAccessKeyId', 'The access key does not exist in our records.');

  const signed = new Set(/ SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';'));
  const left = Object.keys(headers).filter((name) => mustBeSigned(name) && !signed.has(name));
  if (left.length > 0) throw new S3Error(403, 'AccessDenied', `Not signed: ${left.join(', ')}.`);

  const signingDate = dateOf(headers['x-amz-date']);
  if (!(Math.abs(Date.now() - signingDate.getTime()) < mostSkew))
    throw new S3Error(
      403,
      'RequestTimeTooSkewed',
      'The time of the request is too far from the current time.',
    );

  if ((await sign(request, headers, { location, signed, signingDate })) !== authorization)
    throw new S3Error(403, 'SignatureDoesNotMatch', 'The signature we calculated does not match yours.');
}

async function sign(
  { method = '', url = '' }: IncomingMessage,
  headers: Record<string, string>,
  { location, signed, signingDate }: { location: S3Location; signed: Set<string>; signingDate: Date },
): Promise<string | undefined> {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const signer = new SignatureV4({
    credentials: location,
    region: location.region,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const again = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '',
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => signed.has(name))),
    },
    { signingDate, signableHeaders: signed },
  );
  return again.headers['authorization'];
}

function mustBeSigned(header: string): boolean {
  return header === 'host' || header.startsWith('x-amz-');
}

function definedHeaders({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
}

/** `20261128T172308Z`, or an invalid date. */
function dateOf(text = ''): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
}

class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('A signer uses each hash only once.');
  }
}

function bytesOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}
