import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { chunkBytes, hashOf } from './entry.ts';
import type { Chunk } from './remote.ts';

// A pack carries chunks in the body of a request or response, one record after another:
//
//   4 bytes   length of the header, unsigned, big-endian
//   header    JSON: { chunks: [{ sha256, size }, …], stored, deflated? }
//   stored    bytes of all its chunks, in order; compressed (RFC 1951) if `deflated` is true
//
// Many small files travel in one request this way. Small chunks share a record, because beginning a compression takes
// longer than compressing them. What does not shrink is not compressed.

interface RecordHeader {
  /** `size` is in bytes. */
  chunks: { sha256: string; size: number }[];
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

/** Most chunks of a record, and the bytes from which on no other one is added to it. */
const maxTogether = 256;
const togetherBytes = 131_072;
/** A header with the most chunks is shorter. */
const maxHeaderBytes = 32_768;
/** Less is not worth a compression. */
const minDeflated = 512;
/** How much of a record is compressed first, to see whether the rest is worth it. */
const sampleBytes = 16_384;

/** Writes a pack. Chunks that come together travel together. */
export async function* pack(chunks: AsyncIterable<Chunk> | Iterable<Chunk>): AsyncGenerator<Uint8Array> {
  let together: Chunk[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    // A large chunk has a record of its own.
    if (together.length > 0 && bytes + chunk.bytes.length > chunkBytes) {
      yield* await writeRecord(together);
      together = [];
      bytes = 0;
    }
    together.push(chunk);
    bytes += chunk.bytes.length;
    if (together.length < maxTogether && bytes < togetherBytes) continue;
    yield* await writeRecord(together);
    together = [];
    bytes = 0;
  }
  if (together.length > 0) yield* await writeRecord(together);
}

async function writeRecord(chunks: readonly Chunk[]): Promise<Uint8Array[]> {
  const [only] = chunks;
  const bytes = chunks.length === 1 && only ? only.bytes : Buffer.concat(chunks.map((chunk) => chunk.bytes));
  const deflated = await deflateIfSmaller(bytes);
  const stored = deflated ?? bytes;
  const header: RecordHeader = {
    chunks: chunks.map((chunk) => ({ sha256: chunk.sha256, size: chunk.bytes.length })),
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
 * Reads the chunks of a pack as they arrive, and checks each against its hash. One record is in memory at a time.
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
    const { chunks, stored, deflated } = parseHeader(await reader.readAll(headerBytes));
    const content = await reader.readAll(stored);
    const size = sizeOf(chunks);
    const bytes = deflated ? await inflateBounded(content, size) : content;
    if (bytes.length !== size) throw new PackError('A pack has a record with another size than it says.');
    let start = 0;
    for (const chunk of chunks) {
      const part = bytes.subarray(start, start + chunk.size);
      start += chunk.size;
      if (hashOf(part) !== chunk.sha256) {
        throw new PackError(`The chunk ${chunk.sha256} has other bytes than its hash says.`);
      }
      yield { sha256: chunk.sha256, bytes: part };
    }
  }
}

function sizeOf(chunks: RecordHeader['chunks']): number {
  return chunks.reduce((sum, { size }) => sum + size, 0);
}

function parseHeader(bytes: Buffer): RecordHeader {
  const { chunks, stored, deflated } = parseJson(bytes.toString());
  const isCount = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= chunkBytes;
  const isChunk = (chunk: RecordHeader['chunks'][number] | null) =>
    /^[0-9a-f]{64}$/.test(String(chunk?.sha256)) && isCount(chunk?.size);
  const isValid =
    Array.isArray(chunks) && chunks.every(isChunk) && isCount(sizeOf(chunks)) && isCount(stored);
  if (isValid && stored !== undefined) return { chunks, stored, ...(deflated === true && { deflated }) };
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
