import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { StartupError } from '../config/startup-error.ts';

/** Where blobs are stored in S3, or in a server with the same protocol. */
export interface S3Location {
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
  /** Default: the endpoint of the region. */
  endpoint: string | undefined;
  region: string;
  /** Whether the bucket's name is in the path instead of the host name. */
  forcePathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Reads `s3://bucket/prefix?endpoint=…&region=…&forcePathStyle=true`; the region's default is `us-east-1`.
 *
 * @throws StartupError
 */
export function parseS3Url(url: string, keys: S3Keys): S3Location {
  const { hostname, pathname, searchParams: query } = new URL(url);
  const path = decode(pathname).replace(/^\/+|\/+$/g, '');
  return {
    bucket: hostname,
    prefix: path === '' ? '' : `${path}/`,
    endpoint: query.get('endpoint') ?? undefined,
    region: query.get('region') ?? 'us-east-1',
    forcePathStyle: query.get('forcePathStyle') === 'true',
    ...keys,
  };
}

export function createS3Client(location: S3Location): S3Client {
  const { endpoint, region, forcePathStyle, accessKeyId, secretAccessKey } = location;
  // Each download holds a connection. With the default limit, 50 slow downloads would block all uploads.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    credentials: { accessKeyId, secretAccessKey },
    requestHandler: {
      connectionTimeout: 5_000,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
    // Some servers do not support the newer checksums. Requests are signed with a hash of their body anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new StartupError('The path in BLOB_URL is malformed.');
  }
}
