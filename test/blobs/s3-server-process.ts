import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

/**
 * s3rver, a real server of the S3 protocol, with the two calls added that it lacks: listing and aborting uploads
 * in parts. Both work on its own files. Arguments: the folder, the bucket. Prints its port.
 */
interface Context {
  method: string;
  path: string;
  query: Record<string, string>;
  status: number;
  type: string;
  body: string;
}

interface Server {
  middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
  run(): Promise<AddressInfo>;
}

const S3rver: new (options: object) => Server = createRequire(import.meta.url)('s3rver');
const [directory = '', bucket = ''] = process.argv.slice(2);
const uploads = join(directory, bucket, '._S3rver_uploads');

const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory,
  configureBuckets: [{ name: bucket }],
});
server.middleware.unshift(async (context, next) => {
  if (context.method === 'GET' && 'uploads' in context.query) {
    context.type = 'application/xml';
    context.body = listUploads(context.query['prefix'] ?? '');
  } else if (context.method === 'DELETE' && context.query['uploadId']) {
    rmSync(join(uploads, basename(context.query['uploadId'])), { recursive: true });
    context.status = 204;
  } else {
    await next();
  }
});
const { port } = await server.run();
// It removes a folder that has become empty while it puts the next object into it, and dies of that.
mkdirSync(join(directory, bucket, 'audio', 'staged'), { recursive: true });
mkdirSync(uploads, { recursive: true });
writeFileSync(join(directory, bucket, 'audio', 'staged', 'keep'), '');
process.stdout.write(`${port}\n`);

function listUploads(prefix: string): string {
  const rows = readdirSync(uploads)
    .map((id) => ({
      id,
      key: readFileSync(join(uploads, id, 'key'), 'utf8'),
      at: statSync(join(uploads, id)).mtime.toISOString(),
    }))
    .filter(({ key }) => key.startsWith(prefix))
    .map(
      ({ id, key, at }) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at}</Initiated></Upload>`,
    );
  return `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`;
}
