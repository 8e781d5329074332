import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createS3Client, type S3Location } from '../../src/blobs/s3-location.ts';
import { openTemporaryFolder } from '../support/temporary-folder.ts';

const script = fileURLToPath(new URL('s3-server-process.ts', import.meta.url));

export interface S3Server extends AsyncDisposable {
  location: S3Location;
  /** The client of someone who looks into the bucket from outside. */
  client: S3Client;
  /** The keys of all objects and of all unfinished uploads in parts. */
  contents(): Promise<string[]>;
  /** Puts an empty object there. */
  put(key: string): Promise<void>;
}

/** An S3 server with one bucket, in a process of its own. */
export async function startS3Server(): Promise<S3Server> {
  const folder = await openTemporaryFolder();
  const bucket = 'recordings';
  // It makes the tokens of long lists by DES.
  const flags = ['--openssl-legacy-provider', '--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...flags, script, folder.path, bucket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [port] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    exited.then(() => Promise.reject(new Error('The S3 server did not start.'))),
  ]);
  const location: S3Location = {
    bucket,
    prefix: 'audio/',
    endpoint: `http://127.0.0.1:${String(port).trim()}`,
    region: 'us-east-1',
    forcePathStyle: true,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
  };
  const client = createS3Client(location);
  return {
    location,
    client,
    async contents() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return [...Contents, ...Uploads].map(({ Key }) => Key ?? '').sort();
    },
    async put(key) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: '', ContentLength: 0 }));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      child.kill();
      await exited;
      await folder[Symbol.asyncDispose]();
    },
  };
}
