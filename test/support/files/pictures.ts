import { crc32, deflateSync } from 'node:zlib';

// Small files of each type, made by the rules of their formats.

type Bytes = Buffer<ArrayBuffer>;

const bytesOf = (...parts: (string | Uint8Array)[]): Bytes =>
  Buffer.from(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
  );

/** A PNG in one color. @param size What its header says; the pixels are always 2 × 2 unless the size is small. */
export function createPng({ width = 2, height = 2, color = [200, 30, 30] } = {}): Bytes {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const drawn = width * height <= 1_000_000 ? { width, height } : { width: 2, height: 2 };
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(drawn.width * 3, Buffer.from(color))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: drawn.height }, () => row)));
  return bytesOf(
    '\x89PNG\r\n\x1a\n',
    chunk('IHDR', head),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  );
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = bytesOf(type, data);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/**
 * A JPEG with valid segments and without pixels.
 *
 * @param exifBytes The size of a segment before the frame.
 * @param pixelBytes The size of what stands for the pixels.
 */
export function createJpeg({ width = 640, height = 480, exifBytes = 20, pixelBytes = 500 } = {}): Bytes {
  const frame = Buffer.alloc(15);
  frame.set([8], 0);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  frame.set([3], 5);
  return bytesOf(
    '\xff\xd8',
    segment(0xe0, bytesOf('JFIF\0', Buffer.alloc(9))),
    segment(0xe1, Buffer.alloc(exifBytes)),
    segment(0xc0, frame),
    segment(0xda, Buffer.alloc(10)),
    Buffer.alloc(pixelBytes, 7),
    '\xff\xd9',
  );
}

function segment(marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return bytesOf(head, data);
}

export function createGif({ width = 3, height = 2 } = {}): Bytes {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(width, 0);
  size.writeUInt16LE(height, 2);
  return bytesOf(
    ...['GIF89a', size, '\x80\0\0', Buffer.alloc(6)],
    ...['!\xf9\x04', Buffer.alloc(4), '\0'],
    ...[',', Buffer.alloc(4), size, '\0', '\x02\x02D\x01\0', ';'],
  );
}

/** A WebP with a header of the extended format and no pixels. */
export function createWebp({ width = 5, height = 4 } = {}): Bytes {
  const head = Buffer.alloc(18);
  head.writeUInt32LE(10, 4);
  head.write('VP8X', 0, 'latin1');
  head.writeUIntLE(width - 1, 12, 3);
  head.writeUIntLE(height - 1, 15, 3);
  const riff = Buffer.alloc(12);
  riff.write('RIFF', 0, 'latin1');
  riff.writeUInt32LE(4 + head.length, 4);
  riff.write('WEBP', 8, 'latin1');
  return bytesOf(riff, head);
}

/** A PDF of so many empty pages, whose objects are not compressed. */
export function createPdf({ pages = 1 } = {}): Bytes {
  const kids = Array.from({ length: pages }, (_, index) => `${index + 3} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages} >>`,
    ...Array.from({ length: pages }, () => '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>'),
  ];
  const body = objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`).join('');
  return bytesOf('%PDF-1.4\n', body, `trailer << /Root 1 0 R >>\n%%EOF\n`);
}
