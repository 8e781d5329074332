import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BlobNotFoundError, type BlobStore } from '../../src/blobs/blob-store.ts';
import { allOf } from './all-of.ts';
import { heldChunks } from './held-chunks.ts';

const mebibyte = 1_048_576;

/** A store, and a way to look at its contents without it. */
export interface StoreUnderTest extends AsyncDisposable {
  store: BlobStore;
  /** The names of all stored things: blobs, staged bytes and others. */
  contents(): Promise<string[]>;
  /** The name of a blob in `contents`. */
  nameOf(key: string): string;
}

/** The tests that every store must pass. `mostHeld` is how many bytes of a source the store may hold in memory. */
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
    test(`${name} stores committed bytes under their hash`, async () => {
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

    test(`${name} removes discarded bytes`, async () => {
      const staged = await store.stage(from(Buffer.from('Never mind.')));
      await staged.discard();
      expect(await subject.contents()).toEqual([]);
      expect(await store.size(staged.sha256)).toBeNull();
    });

    test(`${name} stores an empty blob`, async () => {
      const key = await put();
      expect(await store.size(key)).toBe(0);
      expect(await read(await store.open(key))).toEqual(Buffer.alloc(0));
    });

    test(`${name} stores the same bytes only once`, async () => {
      const bytes = randomBytes(1_000);
      const first = await put(bytes);
      expect(await put(bytes.subarray(0, 10), bytes.subarray(10))).toBe(first);
      const staged = await Promise.all([1, 2, 3, 4].map(() => store.stage(from(bytes))));
      await Promise.all(staged.map((each) => each.commit()));
      expect(await subject.contents()).toEqual([subject.nameOf(first)]);
      expect(await read(await store.open(first))).toEqual(bytes);
    });

    test(`${name} stores many blobs at the same time`, async () => {
      const all = Array.from({ length: 12 }, () => randomBytes(100_000));
      const stored = await Promise.all(all.map((bytes) => put(bytes)));
      expect(stored).toEqual(all.map((bytes) => sha256(bytes)));
      expect(await keys()).toEqual(stored.toSorted());
    });

    test(`${name} stores a long stream without holding it in memory, and returns it unchanged`, async () => {
      const source = heldChunks({ chunkBytes: 65_536, chunks: 1_024 });
      const staged = await store.stage(source.chunks());
      await staged.commit();
      expect(source.mostHeld()).toBeLessThanOrEqual(mostHeld);
      expect(staged).toMatchObject({ size: 64 * mebibyte, sha256: source.sha256() });

      const hash = createHash('sha256');
      for await (const chunk of await store.open(staged.sha256)) hash.update(chunk);
      expect(hash.digest('hex')).toBe(staged.sha256);
    });

    test.each([0, 12])(`${name} keeps nothing of a source that fails after %i MiB`, async (size) => {
      const broken = new Error('The client went away.');
      async function* failing() {
        for (let n = 0; n < size; n++) yield randomBytes(mebibyte);
        throw broken;
      }
      await expect(store.stage(failing())).rejects.toBe(broken);
      expect(await subject.contents()).toEqual([]);
    });

    test.each([0, 12])(
      `${name} keeps nothing of a stuck source that is aborted after %i MiB`,
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

    test(`${name} does not read a source if the signal has aborted already`, async () => {
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
    ])(`${name} returns the bytes %i to %i of a blob`, async (start, end) => {
      const bytes = randomBytes(100_000);
      const key = await put(bytes);
      expect(await read(await store.open(key, { start, end }))).toEqual(bytes.subarray(start, end + 1));
    });

    test(`${name} closes a blob that is not read to its end`, async () => {
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

    test(`${name} throws BlobNotFoundError before the first byte if there is no such blob`, async () => {
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
    ])(`${name} has no blob with the malformed key %j`, async (key) => {
      await expect(store.open(key)).rejects.toThrow(BlobNotFoundError);
      expect(await store.size(key)).toBeNull();
      await store.delete(key);
    });

    test(`${name} deletes a blob, and deleting it again does nothing`, async () => {
      const [key, other] = [await put(Buffer.from('a')), await put(Buffer.from('b'))];
      await store.delete(key);
      await store.delete(key);
      expect(await store.size(key)).toBeNull();
      expect(await keys()).toEqual([other]);
    });

    test(`${name} lists every blob with the time at which it was stored`, async () => {
      const key = await put(Buffer.from('a'));
      await store.stage(from(Buffer.from('not yet')));
      const [entry, ...others] = await allOf(store.list());
      expect(others).toEqual([]);
      expect(entry?.key).toBe(key);
      expect(Math.abs(Date.now() - Number(entry?.modifiedAt))).toBeLessThan(600_000);
    });

    test(`${name} refreshes the time of a blob and keeps its bytes, and ignores a blob that it does not have`, async () => {
      const key = await put(Buffer.from('a'));
      const modifiedAt = async () => Number((await allOf(store.list()))[0]?.modifiedAt);
      const before = await modifiedAt();
      await expect
        .poll(async () => {
          await store.refresh(key);
          return modifiedAt();
        })
        .toBeGreaterThan(before);
      expect(await store.size(key)).toBe(1);
      await store.refresh('0'.repeat(64));
      expect(await keys()).toEqual([key]);
    });

    test(`${name} sweeps bytes that were staged before the given time, and no blobs`, async () => {
      const key = await put(Buffer.from('kept'));
      const staged = await store.stage(from(Buffer.from('going on')));
      await store.sweepStaged(new Date(Date.now() - 3_600_000));
      await staged.commit();
      await store.stage(from(Buffer.from('left by a crash')));
      await store.sweepStaged(inAnHour());
      expect(await subject.contents()).toEqual([key, staged.sha256].map(subject.nameOf).toSorted());
    });

    test(`${name} throws if the staged bytes were swept before commit, and keeps nothing`, async () => {
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
