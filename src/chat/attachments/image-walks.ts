import type { Walk } from './file-walk.ts';

/** The size of an image in pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

// Each walk reads the size of an image from its header and goes on to its end, so that an image that was cut off is
// noticed. Nothing is decompressed, so it does not matter how many pixels an image has.

export class BrokenImageError extends Error {
  override readonly name = 'BrokenImageError';
}

export const imageWalks: Readonly<Record<string, () => Walk<ImageSize>>> = {
  'image/png': walkPng,
  'image/jpeg': walkJpeg,
  'image/gif': walkGif,
  'image/webp': walkWebp,
};

function* walkPng(): Walk<ImageSize> {
  const head = yield { take: 24 };
  if (head.toString('latin1', 12, 16) !== 'IHDR') throw new BrokenImageError('The first chunk is not IHDR.');
  const size = { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
  if (head.readUInt32BE(8) !== 13) throw new BrokenImageError('The chunk IHDR has a wrong length.');
  // The rest of IHDR and its checksum.
  yield { skip: 9 };
  for (;;) {
    const chunk = yield { take: 8 };
    const type = chunk.toString('latin1', 4, 8);
    yield { skip: chunk.readUInt32BE(0) + 4 };
    if (type === 'IEND') return size;
  }
}

/** Markers of JPEG that begin a frame and state its size: all of C0 to CF but the tables DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function* walkJpeg(): Walk<ImageSize> {
  yield { skip: 2 };
  let size: ImageSize | undefined;
  for (;;) {
    const [prefix] = yield { take: 1 };
    if (prefix !== 0xff) throw new BrokenImageError('A segment does not begin with a marker.');
    let [marker = 0] = yield { take: 1 };
    // Any number of fill bytes may stand before a marker.
    while (marker === 0xff) [marker = 0] = yield { take: 1 };
    const length = (yield { take: 2 }).readUInt16BE(0);
    if (length < 2) throw new BrokenImageError('A segment is shorter than its own length.');
    if (isFrame(marker)) {
      if (length < 7) throw new BrokenImageError('The header of the frame is too short.');
      const frame = yield { take: 5 };
      size ??= { width: frame.readUInt16BE(3), height: frame.readUInt16BE(1) };
      yield { skip: length - 7 };
      continue;
    }
    yield { skip: length - 2 };
    if (marker !== 0xda) continue;
    // The compressed data has no such pair of bytes before the end of the image.
    if (size === undefined) throw new BrokenImageError('The image has no frame.');
    yield { past: Buffer.from([0xff, 0xd9]) };
    return size;
  }
}

function* walkGif(): Walk<ImageSize> {
  const head = yield { take: 13 };
  const size = { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
  yield { skip: colorBytes(head[10] ?? 0) };
  for (;;) {
    const [block] = yield { take: 1 };
    if (block === 0x3b) return size;
    if (block === 0x2c) {
      const image = yield { take: 9 };
      yield { skip: colorBytes(image[8] ?? 0) + 1 };
    } else if (block === 0x21) yield { skip: 1 };
    else throw new BrokenImageError('A block has an unknown type.');
    for (let length = 1; length > 0; ) {
      [length = 0] = yield { take: 1 };
      yield { skip: length };
    }
  }
}

/** The bytes of the table of colors that these flags announce. */
function colorBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0;
}

function* walkWebp(): Walk<ImageSize> {
  const head = yield { take: 30 };
  const size = webpSize(head);
  const length = head.readUInt32LE(4) + 8;
  if (length < 30) throw new BrokenImageError('The file says that it is shorter than its header.');
  yield { skip: length - 30 };
  return size;
}

function webpSize(head: Buffer): ImageSize {
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    default:
      throw new BrokenImageError('The first chunk has an unknown type.');
  }
}
