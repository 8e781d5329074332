import { createWav } from './wav.ts';

/** A tiny file in each audio format that the gateway accepts, with its name and its MIME type. */
export const audioFiles: { name: string; mimeType: string; bytes: Buffer }[] = [
  { name: 'memo.wav', mimeType: 'audio/wav', bytes: createWav({ seconds: 1 }) },
  { name: 'memo.mp3', mimeType: 'audio/mpeg', bytes: createMp3() },
  { name: 'memo.ogg', mimeType: 'audio/ogg', bytes: createOggOpus() },
  { name: 'memo.webm', mimeType: 'audio/webm', bytes: createWebm() },
  { name: 'memo.m4a', mimeType: 'audio/mp4', bytes: createMp4('M4A ') },
  { name: 'memo.mp4', mimeType: 'audio/mp4', bytes: createMp4('isom') },
  { name: 'memo.aac', mimeType: 'audio/aac', bytes: createAdts() },
  { name: 'memo.flac', mimeType: 'audio/flac', bytes: createFlac() },
];

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Frames of MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes each. */
function createMp3(): Buffer {
  const frame = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0xc4]), Buffer.alloc(413)]);
  return Buffer.concat(Array.from({ length: 20 }, () => frame));
}

/** The first page of an Ogg stream, with the header of Opus: one channel, 48 kHz. */
function createOggOpus(): Buffer {
  const head = Buffer.concat([latin1('OpusHead'), Buffer.from([1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
  const page = Buffer.alloc(26);
  page.write('OggS', 'latin1');
  page[5] = 2;
  page[14] = 1;
  return Buffer.concat([page, Buffer.from([1, head.length]), head]);
}

/** An EBML header that says WebM, and an empty segment. */
function createWebm(): Buffer {
  const docType = Buffer.concat([Buffer.from([0x42, 0x82, 0x84]), latin1('webm')]);
  const header = Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x80 | docType.length]);
  return Buffer.concat([header, docType, Buffer.from([0x18, 0x53, 0x80, 0x67, 0x80])]);
}

/** The first box of an MP4 file, and an empty one for its media. */
function createMp4(brand: string): Buffer {
  const type = Buffer.concat([latin1('ftyp'), latin1(brand), uint32(0), latin1(brand), latin1('mp42')]);
  return Buffer.concat([uint32(type.length + 4), type, uint32(8), latin1('mdat')]);
}

/** Frames of AAC in ADTS: LC, 44.1 kHz, two channels, 32 bytes each. */
function createAdts(): Buffer {
  const frame = Buffer.concat([Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x04, 0x1f, 0xfc]), Buffer.alloc(25)]);
  return Buffer.concat(Array.from({ length: 20 }, () => frame));
}

/** A FLAC stream's description (44.1 kHz, one channel, 16 bits, one second) without its frames. */
function createFlac(): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(4_096, 0);
  info.writeUInt16BE(4_096, 2);
  // 20 bits of sample rate, 3 of channels - 1, 5 of bits - 1, 36 of samples.
  const packed = (44_100n << 44n) | (0n << 41n) | (15n << 36n) | 44_100n;
  info.writeBigUInt64BE(packed, 10);
  return Buffer.concat([latin1('fLaC'), Buffer.from([0x80, 0, 0, info.length]), info]);
}
