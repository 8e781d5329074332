import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type BlobStore, BlobStoreFullError, type ByteRange } from '../../blobs/blob-store.ts';
import { GatewayError } from '../../errors.ts';
import { textList } from '../../storage/statements/dialect.ts';
import type { Reader, Statements } from '../../storage/statements/statement.ts';
import { addContents, type ContentRow, contentsAmong } from '../../storage/statements/workspace-contents.ts';
import { chunkBytes, hashOf } from '../../sync/entry.ts';
import type { Chunk } from '../../sync/remote.ts';

export interface ContentsOptions {
  statements: Statements;
  blobs: BlobStore;
}

/** The hash of nothing: an empty chunk is always there, and never stored. */
const emptyHash = hashOf('');
/** Chunks are looked up together until they have so many bytes. */
const lookedUpBytes = 1_048_576;
/** Most bytes that are read from a blob at once. */
const readBytes = 2 * chunkBytes;
/** At the beginning of each blob, so that no two have the same key, and each belongs to one session. */
const saltBytes = 16;

/** Where the chunks of a blob that is being written lie. */
interface Placed {
  sha256: string;
  offset: number;
  size: number;
}

/** The contents of files: chunks, many of them in one blob. */
export class Contents {
  readonly #options: ContentsOptions;

  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /** Finds chunks of a session. The result has only those that there are. */
  async find(
    sessionId: number,
    hashes: Iterable<string>,
    reader: Reader = this.#options.statements,
  ): Promise<Map<string, ContentRow>> {
    const rows = await reader.all(contentsAmong, [sessionId, textList(hashes)]);
    const found = new Map(rows.map((row) => [row.sha256, row]));
    found.set(emptyHash, { sha256: emptyHash, blob: '', offset: 0, size: 0 });
    return found;
  }

  /** Those of these chunks that a session does not have, each once. */
  async missing(sessionId: number, hashes: readonly string[]): Promise<string[]> {
    const found = await this.find(sessionId, hashes);
    return [...new Set(hashes)].filter((sha256) => !found.has(sha256));
  }

  /**
   * Stores those of the chunks that a session does not have, in one blob. Few of them are in memory at a time. Nothing is
   * stored if the source throws.
   *
   * @param agentNodeId The node that sends them. What it sends is dropped if it is not attached to the session any more.
   * @returns How many bytes were stored.
   * @throws GatewayError INSUFFICIENT_STORAGE; what the source throws.
   */
  async store(
    sessionId: number,
    chunks: AsyncIterable<Chunk>,
    agentNodeId: number | null = null,
  ): Promise<number> {
    const { statements, blobs } = this.#options;
    const placed: Placed[] = [];
    try {
      const staged = await blobs.stage(this.#place(sessionId, chunks, placed));
      if (placed.length === 0) {
        await staged.discard();
        return 0;
      }
      await staged.commit();
      const rows = JSON.stringify(placed);
      const added = await statements.transaction((tx) =>
        tx.run(addContents, [staged.sha256, new Date(), rows, sessionId, agentNodeId, agentNodeId]),
      );
      // Others have stored the same meanwhile, or the session was deleted, or the node detached.
      if (added === 0) await blobs.delete(staged.sha256);
      return added === 0 ? 0 : staged.size;
    } catch (error) {
      if (!(error instanceof BlobStoreFullError)) throw error;
      throw new GatewayError('INSUFFICIENT_STORAGE', 'There is no room left for these files.');
    }
  }

  /** Reads chunks in the order asked. It leaves out those that there are not. */
  async *read(sessionId: number, hashes: readonly string[]): AsyncGenerator<Chunk> {
    const found = await this.find(sessionId, hashes);
    const rows = hashes.flatMap((sha256) => found.get(sha256) ?? []);
    for (let first = 0; first < rows.length; ) {
      const last = lastOfSpan(rows, first);
      yield* await this.#readSpan(rows.slice(first, last + 1));
      first = last + 1;
    }
  }

  /**
   * Reads a part of what these chunks are together.
   *
   * @param range Of the whole.
   * @throws GatewayError NOT_FOUND if the chunks are gone: the file was changed meanwhile.
   */
  async *readRange(sessionId: number, hashes: readonly string[], range: ByteRange): AsyncGenerator<Buffer> {
    const found = await this.find(sessionId, hashes);
    let position = 0;
    for (const sha256 of hashes) {
      const row = found.get(sha256);
      if (row === undefined) throw new GatewayError('NOT_FOUND', 'The content of this file is gone.');
      const start = Math.max(range.start - position, 0);
      const end = Math.min(range.end - position, row.size - 1);
      if (start <= end) yield* await this.#openRow(row, { start, end });
      position += row.size;
      if (position > range.end) return;
    }
  }

  #openRow({ blob, offset }: ContentRow, { start, end }: ByteRange): Promise<Readable> {
    return this.#options.blobs.open(blob, { start: offset + start, end: offset + end });
  }

  /** Reads neighbours with one read. */
  async #readSpan(rows: readonly ContentRow[]): Promise<Chunk[]> {
    const [{ blob }] = rows as [ContentRow];
    const start = Math.min(...rows.map(({ offset }) => offset));
    const end = Math.max(...rows.map(({ offset, size }) => offset + size));
    const pieces: Buffer[] = [];
    if (end > start) {
      for await (const piece of await this.#options.blobs.open(blob, { start, end: end - 1 })) {
        pieces.push(piece);
      }
    }
    const all = Buffer.concat(pieces);
    return rows.map(({ sha256, offset, size }) => ({
      sha256,
      bytes: all.subarray(offset - start, offset - start + size),
    }));
  }

  /** Passes on the bytes of the chunks that are missing, and notes where each lies. */
  async *#place(
    sessionId: number,
    chunks: AsyncIterable<Chunk>,
    placed: Placed[],
  ): AsyncGenerator<Uint8Array> {
    let offset = 0;
    const known = new Set<string>();
    for await (const group of groupsOf(chunks)) {
      const missing = new Set(
        await this.missing(
          sessionId,
          group.map(({ sha256 }) => sha256),
        ),
      );
      for (const { sha256, bytes } of group) {
        if (!missing.has(sha256) || known.has(sha256)) continue;
        known.add(sha256);
        if (offset === 0) {
          offset = saltBytes;
          yield randomBytes(saltBytes);
        }
        placed.push({ sha256, offset, size: bytes.length });
        offset += bytes.length;
        yield bytes;
      }
    }
  }
}

async function* groupsOf(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk[]> {
  let group: Chunk[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    group.push(chunk);
    bytes += chunk.bytes.length;
    if (bytes < lookedUpBytes) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

/** The last of the chunks after the first that lie near each other in one blob. */
function lastOfSpan(rows: readonly ContentRow[], first: number): number {
  const { blob, offset, size } = rows[first] as ContentRow;
  let start = offset;
  let end = offset + size;
  let wanted = size;
  let last = first;
  for (let next = first + 1; next < rows.length; next += 1) {
    const row = rows[next] as ContentRow;
    if (row.blob !== blob) break;
    start = Math.min(start, row.offset);
    end = Math.max(end, row.offset + row.size);
    wanted += row.size;
    if (end - start > readBytes || end - start > 2 * wanted) break;
    last = next;
  }
  return last;
}
