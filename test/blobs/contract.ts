import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BlobNotFoundError, type BlobStore } from '../../src/blobs/blob-store.ts';
import { allOf } from './all-of.ts';
import { heldChunks } from './held-chunks.ts';

const mebibyte = 1_048_576;

/** A store that is looked at from two sides. */
export interface StoreUnderTest extends AsyncDisposable {
  store: BlobStore;
  /** The names of all that is there, whatever it is. */
  contents(): Promise<string[]>;
  /** The name that a blob has among them. */
  nameOf(key: string): string;
}

/** What every store of blobs does. `mostHeld` is how many bytes of a source it may hold. */
export function describeBlobStore(
  name: string,
  { open, mostHeld }: { open: () => Promise<StoreUnderTest>; mostHeld: number },
): void {
  let subject: StoreUnderTest;
  let store: BlobStore;
  beforeAll(async () => {
    subject = await open();
    store = subject.store;
  });
  afterAll(async () => await subject?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await store.sweepStaged(inAnHour());
    for await (const { key } of store.list()) await store.delete(key);
    expect(await subject.contents()).toEqual([]);
  });

  const put = async (...chunks: Uint8Array[]) => {
    const staged = await store.stage(from(...chunks));
    await staged.commit();
    return staged.sha256;
  };
  const keys = async () => (await allOf(store.list())).map(({ key }) => key).sort();

  describe(name, () => {
    test('keeps what is committed under its hash', async () => {
      const [hello, world] = [Buffer.from('Hello, '), Buffer.from('world.')];
      const staged = await store.stage(from(hello, world));
      const key = sha256(hello, world);
      expect(staged).toMatchObject({ sha256: key, size: 13 });
      expect(await store.size(key)).toBeNull();
      expect(await keys()).toEqual([]);

      await staged.commit();
      expect(await store.size(key)).toBe(13);
      expect(await read(await store.open(key))).toEqual(Buffer.from('Hello, world.'));
      expect(await subject.contents()).toEqual([subject.nameOf(key)]);
    });

    test('forgets what is discarded', async () => {
      const staged = await store.stage(from(Buffer.from('Never mind.')));
      await staged.discard();
      expect(await subject.contents()).toEqual([]);
      expect(await store.size(staged.sha256)).toBeNull();
    });

    test('keeps no bytes at all, too', async () => {
      const key = await put();
      expect(await store.size(key)).toBe(0);
      expect(await read(await store.open(key))).toEqual(Buffer.alloc(0));
    });

    test('keeps the same bytes once, however often they come', async () => {
      const bytes = randomBytes(1_000);
      const first = await put(bytes);
      expect(await put(bytes.subarray(0, 10), bytes.subarray(10))).toBe(first);
      const staged = await Promise.all([1, 2, 3, 4].map(() => store.stage(from(bytes))));
      await Promise.all(staged.map((each) => each.commit()));
      expect(await subject.contents()).toEqual([subject.nameOf(first)]);
      expect(await read(await store.open(first))).toEqual(bytes);
    });

    test('takes many at once', async () => {
      const all = Array.from({ length: 12 }, () => randomBytes(100_000));
      const stored = await Promise.all(all.map((bytes) => put(bytes)));
      expect(stored).toEqual(all.map((bytes) => sha256(bytes)));
      expect(await keys()).toEqual(stored.toSorted());
    });

    test('takes long streams without holding them, and gives them back unchanged', async () => {
      const source = heldChunks({ chunkBytes: 65_536, chunks: 1_024 });
      const staged = await store.stage(source.chunks());
      await staged.commit();
      expect(source.mostHeld()).toBeLessThanOrEqual(mostHeld);
      expect(staged).toMatchObject({ size: 64 * mebibyte, sha256: source.sha256() });

      const hash = createHash('sha256');
      for await (const chunk of await store.open(staged.sha256)) hash.update(chunk);
      expect(hash.digest('hex')).toBe(staged.sha256);
    });

    test.each([0, 12])('leaves nothing of a source that fails after %i MiB', async (size) => {
      const broken = new Error('The client went away.');
      async function* failing() {
        for (let n = 0; n < size; n++) yield randomBytes(mebibyte);
        throw broken;
      }
      await expect(store.stage(failing())).rejects.toBe(broken);
      expect(await subject.contents()).toEqual([]);
    });

    test.each([0, 12])(
      'leaves nothing when it is aborted after %i MiB, and the source is stuck',
      async (size) => {
        const aborting = new AbortController();
        const never = new Promise<never>(() => {});
        async function* stalling() {
          for (let n = 0; n < size; n++) yield randomBytes(mebibyte);
          aborting.abort(new Error('Enough.'));
          yield await never;
        }
        await expect(store.stage(stalling(), aborting.signal)).rejects.toThrow('Enough.');
        expect(await subject.contents()).toEqual([]);
      },
    );

    test('reads nothing when it was aborted before', async () => {
      let ended = false;
      async function* source() {
        try {
          yield Buffer.from('x');
        } finally {
          ended = true;
        }
      }
      await expect(store.stage(source(), AbortSignal.abort(new Error('Enough.')))).rejects.toThrow('Enough.');
      expect(ended).toBe(false);
      expect(await subject.contents()).toEqual([]);
    });

    test.each([
      [0, 0],
      [0, 9],
      [1, 1],
      [5, 99_999],
      [99_999, 99_999],
    ])('gives bytes %i to %i', async (start, end) => {
      const bytes = randomBytes(100_000);
      const key = await put(bytes);
      expect(await read(await store.open(key, { start, end }))).toEqual(bytes.subarray(start, end + 1));
    });

    test('lets go of a blob that is not read to its end', async () => {
      const key = await put(...Array.from({ length: 8 }, () => randomBytes(mebibyte)));
      const stream = await store.open(key);
      for await (const chunk of stream) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await expect.poll(() => stream.destroyed).toBe(true);
      await store.delete(key);
      expect(await subject.contents()).toEqual([]);
    });

    test('says that a blob is not there before it gives any of it', async () => {
      const key = sha256(Buffer.from('Nobody has said this.'));
      await expect(store.open(key)).rejects.toThrow(BlobNotFoundError);
      await expect(store.open(key, { start: 1, end: 2 })).rejects.toThrow(BlobNotFoundError);
      expect(await store.size(key)).toBeNull();
    });

    test.each([
      '',
      '..',
      '../../etc/passwd',
      'staged/x',
      `${'a'.repeat(63)}/`,
      'A'.repeat(64),
      `${'a'.repeat(64)}\n`,
    ])('takes %j for no key', async (key) => {
      await expect(store.open(key)).rejects.toThrow(BlobNotFoundError);
      expect(await store.size(key)).toBeNull();
      await store.delete(key);
    });

    test('deletes a blob, and does not mind when it is gone', async () => {
      const [key, other] = [await put(Buffer.from('a')), await put(Buffer.from('b'))];
      await store.delete(key);
      await store.delete(key);
      expect(await store.size(key)).toBeNull();
      expect(await keys()).toEqual([other]);
    });

    test('lists every blob with the time it came', async () => {
      const key = await put(Buffer.from('a'));
      await store.stage(from(Buffer.from('not yet')));
      const [entry, ...others] = await allOf(store.list());
      expect(others).toEqual([]);
      expect(entry?.key).toBe(key);
      expect(Math.abs(Date.now() - Number(entry?.modifiedAt))).toBeLessThan(600_000);
    });

    test('sweeps what was staged before a moment, and nothing else', async () => {
      const key = await put(Buffer.from('kept'));
      const staged = await store.stage(from(Buffer.from('going on')));
      await store.sweepStaged(new Date(Date.now() - 3_600_000));
      await staged.commit();
      await store.stage(from(Buffer.from('left by a crash')));
      await store.sweepStaged(inAnHour());
      expect(await subject.contents()).toEqual([key, staged.sha256].map(subject.nameOf).toSorted());
    });

    test('throws, and leaves nothing, when what is committed was swept away', async () => {
      const staged = await store.stage(from(Buffer.from('too slow')));
      await store.sweepStaged(inAnHour());
      await expect(staged.commit()).rejects.toThrow();
      expect(await subject.contents()).toEqual([]);
      await staged.discard();
    });
  });
}

function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}

async function* from(...chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

function sha256(...chunks: Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

async function read(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await allOf<Buffer>(stream));
}
