import { randomBytes } from 'node:crypto';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BlobStoreFullError } from '../../src/blobs/blob-store.ts';
import { openBlobStore } from '../../src/blobs/open-blob-store.ts';
import type { S3Location } from '../../src/blobs/s3-location.ts';
import { allOf } from './all-of.ts';
import { describeBlobStore } from './contract.ts';
import { openS3Endpoint, type S3Answer } from './s3-endpoint.ts';
import { type S3Server, startS3Server } from './s3-server.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(async () => await server?.[Symbol.asyncDispose]());

function openS3({ bucket, endpoint, ...keys }: S3Location) {
  const url = `s3://${bucket}/audio?endpoint=${endpoint}&forcePathStyle=true`;
  return openBlobStore({ url, ...keys });
}

describeBlobStore('a bucket', {
  // Four parts of 5 MiB: two are being sent, one is being filled and one is being joined.
  mostHeld: 21 * 1_048_576,
  async open() {
    const own = await startS3Server();
    const store = await openS3(own.location);
    return {
      store,
      contents: own.contents,
      nameOf: (key) => `audio/${key}`,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await own[Symbol.asyncDispose]();
      },
    };
  },
});

test('multipart uploads that a crash left in the staging folder are swept, and others are not', async () => {
  await using store = await openS3(server.location);
  const { bucket: Bucket } = server.location;
  await server.client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'audio/staged/left' }));
  await server.client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'video/staged/other' }));
  await store.sweepStaged(new Date(Date.now() - 60_000));
  expect(await server.contents()).toEqual(['audio/staged/left', 'video/staged/other']);
  await store.sweepStaged(new Date(Date.now() + 60_000));
  expect(await server.contents()).toEqual(['video/staged/other']);
});

test('a list of several pages has all blobs, and no other objects of the bucket', async () => {
  await using paged = await startS3Server({ rowsPerPage: 3 });
  const keys = Array.from({ length: 10 }, () => randomBytes(32).toString('hex')).sort();
  const all = [...keys.map((key) => `audio/${key}`), 'audio/notes', `audio/more/${keys[0]}`, `${keys[0]}`];
  await Promise.all(all.map((key) => paged.put(key)));
  await using store = await openS3(paged.location);
  expect((await allOf(store.list())).map(({ key }) => key)).toEqual(keys);
});

test('a sweep of several pages removes all staged objects and uploads', async () => {
  await using paged = await startS3Server({ rowsPerPage: 3 });
  const { bucket: Bucket } = paged.location;
  // The last four are uploads of one key, so that a page ends between uploads and not between keys.
  const left = [1, 2, 3, 4, 5, 5, 5, 5].map((n) => ({ Bucket, Key: `audio/staged/${n}` }));
  await Promise.all(left.map((upload) => paged.client.send(new CreateMultipartUploadCommand(upload))));
  await Promise.all([1, 2, 3, 4, 5].map((n) => paged.put(`audio/staged/${n}`)));
  await using store = await openS3(paged.location);
  await store.sweepStaged(new Date(Date.now() + 60_000));
  expect(await paged.contents()).toEqual([]);
});

test('opening a bucket that cannot be used fails with a StartupError that does not show the keys', async () => {
  const attempts = [
    { ...server.location, bucket: 'nowhere' },
    { ...server.location, accessKeyId: 'MALLORY' },
    { ...server.location, secretAccessKey: 'guessed' },
    { ...server.location, endpoint: 'http://127.0.0.1:1' },
    { ...server.location, endpoint: 'http://localhost:1' },
  ];
  for (const location of attempts) {
    const error: unknown = await openS3(location).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'StartupError' });
    expect(String(error)).toMatch(new RegExp(`The bucket ${location.bucket} cannot be used: .+[^:]\\.$`));
    expect(String(error)).not.toContain(location.secretAccessKey);
  }
  await expect(openBlobStore({ url: 's3://recordings/%ff' })).rejects.toMatchObject({ name: 'StartupError' });
});

const created: S3Answer = { status: 200, headers: { etag: '"x"' } };

// The S3 server of the tests is never full. This endpoint responds like a full MinIO server.
test('staging in a full bucket fails with BlobStoreFullError', async () => {
  await using full = await openS3Endpoint(({ method, headers }) => {
    if (method === 'DELETE') return { status: 204 };
    if (headers['content-length'] === '0') return created;
    return { status: 507, body: '<Error><Code>XMinioStorageFull</Code></Error>' };
  });
  await using store = await openS3({ ...server.location, endpoint: full.url });
  async function* bytes() {
    yield randomBytes(10);
  }
  await expect(store.stage(bytes())).rejects.toThrow(BlobStoreFullError);
});

test('staging rejects with the error of the source, also if aborting the upload fails', async () => {
  await using stubborn = await openS3Endpoint(({ method, url = '' }) => {
    const query = new URL(url, 'http://bucket').searchParams;
    const body = '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>';
    if (method === 'POST') return { status: 200, body };
    if (method === 'PUT') return created;
    if (!query.has('uploadId')) return { status: 204 };
    return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
  });
  await using store = await openS3({ ...server.location, endpoint: stubborn.url });
  const broken = new Error('The client went away.');
  async function* failing() {
    for (let n = 0; n < 8; n++) yield randomBytes(1_048_576);
    throw broken;
  }
  await expect(store.stage(failing())).rejects.toBe(broken);
});
