import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Server, startS3Server } from './s3-server.ts';

interface Sent {
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body?: unknown;
}

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server({ takesTrailers: true });
});
afterAll(async () => await server?.[Symbol.asyncDispose]());

/** A client as the SDK makes it, whose requests somebody changes on their way. */
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

describe('the server of the tests takes what the client for S3 sends', () => {
  test('in one piece, with a checksum before it', async () => {
    await put(clientOf(server));
    expect(await stored()).toBe('Hello.');
  });

  test('in chunks, with a checksum behind them', async () => {
    await putStream(clientOf(server));
    expect(await stored()).toBe('Hello, world.');
  });
});

describe('the server of the tests refuses', () => {
  test.each<[string, string, (sent: Sent) => void]>([
    ['another body', 'XAmzContentSHA256Mismatch', (sent) => Object.assign(sent, { body: 'Adieu.' })],
    ['another key', 'SignatureDoesNotMatch', (sent) => Object.assign(sent, { path: '/recordings/other' })],
    ['another parameter', 'SignatureDoesNotMatch', ({ query }) => Object.assign(query, { uploadId: '1' })],
    [
      'another header',
      'SignatureDoesNotMatch',
      ({ headers }) => Object.assign(headers, { 'content-type': 'text/html' }),
    ],
    [
      'a header that nobody signed',
      'AccessDenied',
      ({ headers }) => Object.assign(headers, { 'x-amz-acl': 'x' }),
    ],
    ['no signature', 'AccessDenied', ({ headers }) => delete headers['authorization']],
    [
      'another date',
      'SignatureDoesNotMatch',
      ({ headers }) => Object.assign(headers, { 'x-amz-date': amzDate(-60_000) }),
    ],
    [
      'a request of an hour ago',
      'RequestTimeTooSkewed',
      ({ headers }) => Object.assign(headers, { 'x-amz-date': amzDate(-3_600_000) }),
    ],
  ])('%s', async (_, code, tamper) => {
    await expect(put(clientOf(server, tamper))).rejects.toMatchObject({ name: code });
  });

  test('chunks that are not what their checksum says', async () => {
    const tamper = (sent: Sent) => {
      const body = sent.body as Readable;
      sent.body = body.map((chunk: Buffer) =>
        Buffer.from(chunk.toString('latin1').replace('world', 'WORLD')),
      );
    };
    await expect(putStream(clientOf(server, tamper))).rejects.toMatchObject({ name: 'BadDigest' });
  });

  test('chunks, unless told to take them', async () => {
    await using older = await startS3Server();
    await expect(putStream(clientOf(older))).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  test('what it does not know, rather than to leave it out', async () => {
    const { client, contents } = server;
    const before = await contents();
    const once = new PutObjectCommand({ ...hello, Key: 'audio/once', Body: '', IfNoneMatch: '*' });
    await expect(client.send(once)).rejects.toMatchObject({ name: 'NotImplemented' });
    expect(await contents()).toEqual(before);
  });
});

function amzDate(offset: number): string {
  return new Date(Date.now() + offset).toISOString().replace(/[-:]|\.\d+/g, '');
}
