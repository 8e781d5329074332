import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { BlobStoreFullError } from '../../src/blobs/blob-store.ts';
import { openBlobStore } from '../../src/blobs/open-blob-store.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { allOf } from './all-of.ts';
import { describeBlobStore } from './contract.ts';

const chunkBytes = 65_536;

describeBlobStore('a folder', {
  mostHeld: 40 * chunkBytes,
  async open() {
    const folder = await openTemporaryFolder();
    const store = await openBlobStore({ url: `file:${folder.path}` });
    return {
      store,
      contents: async () => filesIn(folder.path),
      nameOf: (key) => `${key.slice(0, 2)}/${key}`,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
});

test('only the owner may read the files and folders of a blob store', async () => {
  await using folder = await openTemporaryFolder();
  const path = join(folder.path, 'new', 'blobs');
  await using store = await openBlobStore({ url: `file://${path}` });
  await (await store.stage(from(randomBytes(10)))).commit();
  const modes = readdirSync(path, { recursive: true, encoding: 'utf8' }).map(
    (name) => lstatSync(join(path, name)).mode & 0o077,
  );
  expect(modes).toEqual([0, 0, 0]);
});

test('a store in a folder finds the blobs of an earlier store and does not touch other files', async () => {
  await using folder = await openTemporaryFolder();
  const url = `file:${folder.path}`;
  const earlier = await openBlobStore({ url });
  const staged = await earlier.stage(from(Buffer.from('kept')));
  await staged.commit();
  await earlier.stage(from(Buffer.from('left')));
  await earlier[Symbol.asyncDispose]();
  writeFileSync(join(folder.path, 'README'), '');
  writeFileSync(join(folder.path, staged.sha256.slice(0, 2), 'notes'), '');

  await using store = await openBlobStore({ url });
  await store.sweepStaged(new Date(Date.now() + 60_000));
  expect((await allOf(store.list())).map(({ key }) => key)).toEqual([staged.sha256]);
  expect(filesIn(folder.path)).toHaveLength(3);
});

test('opening a store fails with a StartupError if its folder cannot be used', async () => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  await expect(openBlobStore({ url: `file:${file}/blobs` })).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringMatching(/^The folder for blobs .*file\/blobs cannot be used: ENOTDIR/),
  });
  await expect(openBlobStore({ url: 'file://elsewhere/blobs' })).rejects.toMatchObject({
    name: 'StartupError',
  });
});

test('staging on a full disk fails with BlobStoreFullError and keeps nothing, and smaller blobs still fit', async ({
  skip,
}) => {
  await using folder = await openTemporaryFolder();
  const mounted = mountSmallDisk(folder.path);
  skip(!mounted, 'This test needs the right to mount a small disk.');
  try {
    await using store = await openBlobStore({ url: `file:${folder.path}` });
    const small = await store.stage(from(randomBytes(chunkBytes)));
    const tooMuch = Array.from({ length: 32 }, () => randomBytes(chunkBytes));
    await expect(store.stage(from(...tooMuch))).rejects.toThrow(BlobStoreFullError);
    expect(filesIn(join(folder.path, 'staged'))).toHaveLength(1);

    await small.commit();
    await (await store.stage(from(...tooMuch.slice(0, 8)))).commit();
    expect(filesIn(folder.path)).toHaveLength(2);
  } finally {
    execFileSync('umount', [folder.path]);
  }
});

function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort();
}

async function* from(...chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
