import { expect, test } from 'vitest';
import { inspectFile } from '../../../src/chat/attachments/inspect-file.ts';
import { createGif, createJpeg, createPdf, createPng, createWebp } from '../../support/files/pictures.ts';

const limits = { maxTextBytes: 10_000, maxImagePixels: 1_000_000 };

/** Inspects a file that comes in pieces of this many bytes, each in a buffer that is used again. */
async function inspect(file: Uint8Array, pieceBytes: number) {
  const inspection = await inspectFile(file.subarray(0, 4_100), limits);
  const buffer = new Uint8Array(pieceBytes);
  for (let start = 0; start < file.length; start += pieceBytes) {
    const piece = file.subarray(start, start + pieceBytes);
    buffer.set(piece);
    inspection.push?.(buffer.subarray(0, piece.length));
    buffer.fill(0);
  }
  return inspection.end();
}

const files: [string, Uint8Array][] = [
  ['a PNG', createPng({ width: 70, height: 50 })],
  ['a JPEG', createJpeg({ exifBytes: 300 })],
  ['a GIF', createGif()],
  ['a WebP', createWebp()],
  ['a PDF', createPdf({ pages: 12 })],
  ['a text', Buffer.from('Žluťoučký 🐎 '.repeat(20))],
];

test.each(files)('%s says the same of itself in pieces of every size', async (_what, file) => {
  const whole = await inspect(file, file.length);
  for (const pieceBytes of [1, 2, 3, 5, 7, 64, 1_000]) {
    expect(await inspect(file, pieceBytes), `pieces of ${pieceBytes} bytes`).toEqual(whole);
  }
});

test.each(files.slice(0, 4))('%s that ends at any place before its end is refused', async (_what, file) => {
  // `file-type` needs the first bytes to know the type at all.
  for (let length = 40; length < file.length; length += 1) {
    await expect(inspect(file.subarray(0, length), 16), `the first ${length} bytes`).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
  }
});
