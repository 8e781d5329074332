import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type S3Server, startS3Server } from './s3-server.ts';

interface Sent {
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: unknown;
}

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(async () => await server?.[Symbol.asyncDispose]());

/** A client with the defaults of the SDK. `tamper` changes each request after it was signed. */
function clientOf({ location }: S3Server, tamper: (sent: Sent) => void = () => {}): S3Client {
  const { endpoint = '', region, forcePathStyle } = location;
  const config: S3ClientConfig = { endpoint, region, forcePathStyle, credentials: location, maxAttempts: 1 };
  const client = new S3Client(config);
  client.middlewareStack.add(
    (next) => async (args) => {
      tamper(args.request as Sent);
      return await next(args);
    },
    { step: 'deserialize', priority: 'low' },
  );
  return client;
}

const hello = { Bucket: 'recordings', Key: 'audio/hello', ContentType: 'text/plain' };
const put = (client: S3Client) => client.send(new PutObjectCommand({ ...hello, Body: 'Hello.' }));

async function* world() {
  yield Buffer.from('Hello, ');
  yield Buffer.from('world.');
}
const putStream = (client: S3Client) =>
  client.send(new PutObjectCommand({ ...hello, Body: Readable.from(world()), ContentLength: 13 }));

async function stored(): Promise<string | undefined> {
  const { Body } = await server.client.send(new GetObjectCommand(hello));
  return await Body?.transformToString();
}

test('the S3 server of the tests accepts a signed body with a checksum header', async () => {
  await put(clientOf(server));
  expect(await stored()).toBe('Hello.');
});

test.each<[string, string, (sent: Sent) => void]>([
  ['a changed body', 'XAmzContentSHA256Mismatch', (sent) => Object.assign(sent, { body: 'Adieu.' })],
  ['a changed key', 'SignatureDoesNotMatch', (sent) => Object.assign(sent, { path: '/recordings/other' })],
  ['an added parameter', 'SignatureDoesNotMatch', ({ query }) => Object.assign(query, { uploadId: '1' })],
  [
    'an added header that is signed',
    'SignatureDoesNotMatch',
    ({ headers }) => Object.assign(headers, { 'content-type': 'text/html' }),
  ],
  [
    'an added header that is not signed',
    'AccessDenied',
    ({ headers }) => Object.assign(headers, { 'x-amz-acl': 'x' }),
  ],
  ['no signature', 'AccessDenied', ({ headers }) => delete headers['authorization']],
  [
    'a changed date',
    'SignatureDoesNotMatch',
    ({ headers }) => Object.assign(headers, { 'x-amz-date': amzDate(-60_000) }),
  ],
  [
    'a date of an hour ago',
    'RequestTimeTooSkewed',
    ({ headers }) => Object.assign(headers, { 'x-amz-date': amzDate(-3_600_000) }),
  ],
])('the S3 server of the tests refuses a request with %s', async (_, code, tamper) => {
  await expect(put(clientOf(server, tamper))).rejects.toMatchObject({ name: code });
});

test('the S3 server of the tests refuses a body in chunks with a checksum behind them', async () => {
  await expect(putStream(clientOf(server))).rejects.toMatchObject({ name: 'NotImplemented' });
});

test('the S3 server of the tests refuses headers that it does not support', async () => {
  const { client, contents } = server;
  const before = await contents();
  const once = new PutObjectCommand({ ...hello, Key: 'audio/once', Body: '', IfNoneMatch: '*' });
  await expect(client.send(once)).rejects.toMatchObject({ name: 'NotImplemented' });
  expect(await contents()).toEqual(before);
});

function amzDate(offset: number): string {
  return new Date(Date.now() + offset).toISOString().replace(/[-:]|\.\d+/g, '');
}
