import { createHash } from 'node:crypto';
import { chunkBytes, chunksOf, type Entry, type FileEntry } from '../../sync/entry.ts';
import type { Contents } from './contents.ts';

/** How many checked files are remembered. */
const maxKnown = 1_000;

/** Checks that files of several chunks have the hash that they claim, by reading them. */
export class FileChecks {
  readonly #contents: Pick<Contents, 'find' | 'readRange'>;
  readonly #known = new Set<string>();

  constructor(contents: Pick<Contents, 'find' | 'readRange'>) {
    this.#contents = contents;
  }

  /** Notes that a file has its hash, because its maker has computed it. */
  note(sessionId: number, file: FileEntry): void {
    const [oldest = ''] = this.#known;
    if (this.#known.size >= maxKnown) this.#known.delete(oldest);
    this.#known.add(keyOf(sessionId, file));
  }

  /**
   * Says of files of several chunks whether they are what they claim. Those whose chunks are not all there are left out;
   * the hash of a file with one chunk is that of the chunk.
   */
  async check(sessionId: number, entries: readonly (Entry | null)[]): Promise<ReadonlyMap<Entry, boolean>> {
    const checked = new Map<Entry, boolean>();
    for (const entry of entries) {
      if (entry?.kind !== 'file' || entry.chunks === undefined) continue;
      const isRight = this.#known.has(keyOf(sessionId, entry)) || (await this.#check(sessionId, entry));
      if (isRight) this.note(sessionId, entry);
      if (isRight !== undefined) checked.set(entry, isRight);
    }
    return checked;
  }

  /** Undefined if some of the chunks are missing. */
  async #check(sessionId: number, file: FileEntry): Promise<boolean | undefined> {
    const chunks = chunksOf(file);
    const found = await this.#contents.find(sessionId, chunks);
    const sizes = chunks.map((chunk) => found.get(chunk)?.size);
    if (sizes.includes(undefined)) return undefined;
    const isWhole = sizes.slice(0, -1).every((size) => size === chunkBytes);
    const size = sizes.reduce<number>((sum, each) => sum + (each ?? 0), 0);
    if (!isWhole || size !== file.size) return false;
    const hash = createHash('sha256');
    const all = { start: 0, end: size - 1 };
    for await (const piece of this.#contents.readRange(sessionId, chunks, all)) hash.update(piece);
    return hash.digest('hex') === file.sha256;
  }
}

function keyOf(sessionId: number, { sha256, chunks = [] }: FileEntry): string {
  return `${sessionId} ${sha256} ${chunks.join(' ')}`;
}
