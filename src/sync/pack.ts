import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { chunkBytes, hashOf } from './entry.ts';
import type { Chunk } from './remote.ts';

// A pack carries chunks in the body of a request or response, one record after another:
//
//   4 bytes   length of the header, unsigned, big-endian
//   header    JSON: { sha256, size, stored, deflated? }
//   stored    bytes; compressed (RFC 1951) if `deflated` is true
//
// Many small files travel in one request this way, and a chunk that does not shrink is not compressed.

interface RecordHeader {
  sha256: string;
  /** In bytes. */
  size: number;
  /** How many bytes follow. */
  stored: number;
  deflated?: true;
}

/** A pack that is broken: cut off, or with a chunk that has not its hash. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** A header is far shorter. */
const maxHeaderBytes = 1_024;
/** Chunks below this are not worth a compression of their own. */
const minDeflated = 512;
/** How much of a chunk is compressed first, to see whether the rest is worth it. */
const sampleBytes = 16_384;

/** Writes one record. */
export async function packChunk({ sha256, bytes }: Chunk): Promise<Uint8Array[]> {
  const deflated = await deflateIfSmaller(bytes);
  const stored = deflated ?? bytes;
  const header: RecordHeader = {
    sha256,
    size: bytes.length,
    stored: stored.length,
    ...(deflated && { deflated: true }),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return [length, json, stored];
}

/** Undefined for what does not get at least a tenth smaller, such as pictures. */
async function deflateIfSmaller(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (bytes.length < minDeflated) return undefined;
  const sample = bytes.subarray(0, sampleBytes);
  const packed = await deflate(sample, { level: 1 });
  if (packed.length > sample.length * 0.9) return undefined;
  return bytes.length <= sampleBytes ? packed : await deflate(bytes, { level: 1 });
}

/**
 * Reads the chunks of a pack as they arrive, and checks each against its hash. One chunk is in memory at a time.
 *
 * @throws PackError
 */
export async function* unpack(source: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  const reader = new ByteReader(source);
  for (;;) {
    const length = await reader.read(4);
    if (length === undefined) return;
    const headerBytes = length.readUInt32BE();
    if (headerBytes > maxHeaderBytes) throw new PackError('A pack has a header that is too long.');
    const { sha256, size, stored, deflated } = parseHeader(await reader.readAll(headerBytes));
    const content = await reader.readAll(stored);
    const bytes = deflated ? await inflateBounded(content, size) : content;
    if (bytes.length !== size || hashOf(bytes) !== sha256) {
      throw new PackError(`The chunk ${sha256} has other bytes than its hash says.`);
    }
    yield { sha256, bytes };
  }
}

function parseHeader(bytes: Buffer): RecordHeader {
  const header = parseJson(bytes.toString());
  const { sha256, size, stored } = header;
  const isCount = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= chunkBytes;
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && isCount(size) && isCount(stored)) {
    return header as RecordHeader;
  }
  throw new PackError('A pack has a header that is not valid.');
}

function parseJson(text: string): Partial<RecordHeader> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Stops at the size that the header names, so that a few bytes cannot become gigabytes. */
async function inflateBounded(bytes: Uint8Array, size: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new PackError('A pack has a chunk that cannot be decompressed.', { cause: error });
  }
}

/** Takes a given number of bytes at a time from a stream. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** What has arrived and was not taken yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Undefined at the end of the stream. */
  async read(count: number): Promise<Buffer | undefined> {
    if (this.#rest.length < count && !(await this.#await(count))) return undefined;
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  async readAll(count: number): Promise<Buffer> {
    const taken = await this.read(count);
    if (taken === undefined) throw new PackError('A pack was cut off.');
    return taken;
  }

  /** Copies what has arrived only when it is too little, so that small records cost no copy each. */
  async #await(count: number): Promise<boolean> {
    const pieces: Uint8Array[] = [this.#rest];
    let length = this.#rest.length;
    while (length < count) {
      const { value, done } = await this.#source.next();
      if (done && length === 0) return false;
      if (done) throw new PackError('A pack was cut off.');
      pieces.push(value);
      length += value.length;
    }
    this.#rest = Buffer.concat(pieces);
    return true;
  }
}
