import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf } from '../../src/sync/entry.ts';
import { PackError, pack, unpack } from '../../src/sync/pack.ts';

async function packOf(contents: readonly Uint8Array[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of pack(contents.map((bytes) => ({ sha256: hashOf(bytes), bytes }))))
    parts.push(part);
  return Buffer.concat(parts);
}

/** Reads a pack that arrives in pieces of a given size. */
async function read(whole: Uint8Array, pieceBytes = 65_536): Promise<Buffer[]> {
  const pieces = Array.from({ length: Math.ceil(whole.length / pieceBytes) }, (_, index) =>
    whole.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const contents = [];
  for await (const { bytes } of unpack(Readable.from(pieces))) contents.push(Buffer.from(bytes));
  return contents;
}

/** A record with a header of one's own. */
function record(header: object, stored = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, stored]);
}

describe('a pack', () => {
  test('returns the chunks that were packed, however it arrives', async () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(contents, fc.integer({ min: 1, max: 5_000 }), async (chunks, pieceBytes) => {
        expect(await read(await packOf(chunks), pieceBytes)).toEqual(
          chunks.map((bytes) => Buffer.from(bytes)),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('is smaller for text, and no larger than needed for what does not shrink', async () => {
    const text = Buffer.from('the same line again and again\n'.repeat(10_000));
    expect((await packOf([text])).length).toBeLessThan(text.length / 20);
    const noise = randomBytes(100_000);
    expect((await packOf([noise])).length).toBeLessThan(noise.length + 200);
    expect(await read(await packOf([text, noise]))).toEqual([text, noise]);
  });

  test('is refused where it was cut off', async () => {
    const whole = await packOf([Buffer.from('one'), randomBytes(1_000)]);
    for (const length of [2, 50, whole.length - 1]) {
      await expect(read(whole.subarray(0, length))).rejects.toThrow(PackError);
    }
  });

  test('is refused when a chunk is not what its hash says', async () => {
    const stored = Buffer.from('other');
    const chunks = [{ sha256: hashOf('text'), size: stored.length }];
    const lie = record({ chunks, stored: stored.length }, stored);
    await expect(read(lie)).rejects.toThrow('has other bytes than its hash says');
  });

  test('stops a chunk that would become larger than its header says', async () => {
    const zeros = Buffer.alloc(4_000_000);
    const stored = deflateRawSync(zeros);
    const chunks = [{ sha256: hashOf(zeros), size: 10 }];
    const bomb = record({ chunks, stored: stored.length, deflated: true }, stored);
    await expect(read(bomb)).rejects.toThrow('cannot be decompressed');
  });

  test.each([
    ['no JSON', Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{x')])],
    ['a header of gigabytes', Buffer.from([255, 255, 255, 255, 1])],
    ['a size below zero', record({ chunks: [{ sha256: hashOf(''), size: -1 }], stored: 0 })],
    ['more bytes than a chunk has', record({ chunks: [{ sha256: hashOf(''), size: 4_194_305 }], stored: 0 })],
    ['chunks that are no list', record({ chunks: 'all', stored: 0 })],
    ['a hash of another shape', record({ chunks: [{ sha256: '../..', size: 0 }], stored: 0 })],
  ])('is refused with %s in its header', async (_what, broken) => {
    await expect(read(broken)).rejects.toThrow(PackError);
  });
});
