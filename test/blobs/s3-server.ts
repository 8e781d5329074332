import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createS3Client, type S3Location } from '../../src/blobs/s3-location.ts';
import { openS3Endpoint, type S3Answer } from './s3-endpoint.ts';
import type { Bucket } from './s3-server/bucket.ts';
import { operate } from './s3-server/operation.ts';
import { checkPayload } from './s3-server/payload.ts';
import { S3Error } from './s3-server/s3-error.ts';
import { checkSignature } from './s3-server/signature.ts';
import { xmlElement, xmlText } from './s3-server/xml.ts';

export interface S3Server extends AsyncDisposable {
  location: S3Location;
  /** A client of its own for tests that look into the bucket. */
  client: S3Client;
  /** The keys of all objects and of all unfinished multipart uploads, up to a page of each. */
  contents(): Promise<string[]>;
  /** Stores an empty object. Default of `modifiedAt`: now. */
  put(key: string, modifiedAt?: Date): Promise<void>;
}

export interface S3ServerOptions {
  /** How many rows a page of a list has. Default: 1,000, as in S3. */
  rowsPerPage?: number;
}

/**
 * Starts a server of the S3 protocol with one bucket in memory. It knows the operations that the gateway uses, checks the
 * signature and the hash of every request, and refuses all other operations and bodies with trailers, as older servers
 * do.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { rowsPerPage = 1_000 } = options;
  const bucket: Bucket = { objects: new Map(), uploads: new Map(), rowsPerPage };
  const endpoint = await openS3Endpoint((request, body) => answer(request, body));
  const location: S3Location = {
    bucket: 'recordings',
    prefix: 'audio/',
    endpoint: endpoint.url,
    region: 'us-east-1',
    forcePathStyle: true,
    accessKeyId: 'ALICE',
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  async function answer(request: IncomingMessage, body: Buffer): Promise<S3Answer> {
    try {
      await checkSignature(request, location);
      const { method = '', url = '', headers } = request;
      checkPayload(headers, body);
      const { pathname, searchParams: query } = new URL(url, endpoint.url);
      const [, name, key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(pathname)) ?? [];
      if (name !== location.bucket)
        throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist.');
      return operate(bucket, { method, key, query, headers, body });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      const { status, code, message } = error;
      return { status, body: xmlElement('Error', xmlText('Code', code), xmlText('Message', message)) };
    }
  }
  const client = createS3Client(location);
  const Bucket = location.bucket;
  return {
    location,
    client,
    async contents() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return [...Contents, ...Uploads].map(({ Key }) => Key ?? '').sort();
    },
    async put(key, modifiedAt = new Date()) {
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: '', ContentLength: 0 }));
      const stored = bucket.objects.get(key);
      if (stored) bucket.objects.set(key, { ...stored, modifiedAt });
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}
