import { type Entry, versionOf } from './entry.ts';

const hashBytes = 32;
/** In place of the permission bits of a file, which are smaller. */
const linkMode = 0xffff;

/**
 * Entries without their paths, each at a number. An object for each of 100,000 entries, with its hash as a text, takes five
 * times the memory of these columns.
 */
export class EntryTable {
  #hashes: Buffer = Buffer.alloc(0);
  #sizes = new Float64Array(0);
  #times = new Float64Array(0);
  #modes = new Uint16Array(0);
  /** What few entries have. */
  readonly #chunks = new Map<number, string[]>();
  readonly #targets = new Map<number, string>();
  /** Numbers below `#end` that are free. */
  #free: number[] = [];
  #end = 0;

  /** Returns the number of the entry. */
  add(entry: Entry): number {
    const at = this.#free.pop() ?? this.#end++;
    if (at >= this.#sizes.length) this.#grow();
    this.set(at, entry);
    return at;
  }

  set(at: number, entry: Entry): void {
    this.#hashes.write(entry.sha256, at * hashBytes, hashBytes, 'hex');
    this.#times[at] = entry.modifiedAt;
    this.#forgetRest(at);
    if (entry.kind === 'link') {
      this.#modes[at] = linkMode;
      this.#sizes[at] = 0;
      this.#targets.set(at, entry.target);
      return;
    }
    this.#modes[at] = entry.mode;
    this.#sizes[at] = entry.size;
    if (entry.chunks) this.#chunks.set(at, entry.chunks);
  }

  delete(at: number): void {
    this.#forgetRest(at);
    this.#free.push(at);
  }

  /** Forgets all entries. */
  clear(): void {
    [this.#hashes, this.#sizes, this.#times] = [Buffer.alloc(0), new Float64Array(0), new Float64Array(0)];
    [this.#modes, this.#free, this.#end] = [new Uint16Array(0), [], 0];
    this.#chunks.clear();
    this.#targets.clear();
  }

  get(at: number, path: string): Entry {
    const sha256 = this.#hash(at);
    const modifiedAt = this.#times[at] as number;
    const target = this.#targets.get(at);
    if (target !== undefined) return { kind: 'link', path, sha256, target, modifiedAt };
    const [size, mode, chunks] = [this.size(at), this.#modes[at] as number, this.#chunks.get(at)];
    return { kind: 'file', path, sha256, size, mode, ...(chunks && { chunks }), modifiedAt };
  }

  /** In bytes; 0 for a link. */
  size(at: number): number {
    return this.#sizes[at] as number;
  }

  version(at: number): string {
    const [mode, sha256] = [this.#modes[at] as number, this.#hash(at)];
    return versionOf(mode === linkMode ? { kind: 'link', sha256 } : { kind: 'file', mode, sha256 });
  }

  /** Those of these chunks that a file has, with their places in it. */
  chunksAmong(at: number, wanted: ChunkSet): { sha256: string; index: number }[] {
    const chunks = this.#chunks.get(at);
    if (chunks !== undefined) {
      return chunks.flatMap((sha256, index) => (wanted.hashes.has(sha256) ? { sha256, index } : []));
    }
    if (this.#modes[at] === linkMode || !wanted.mayHave(this.#hashes, at * hashBytes)) return [];
    const sha256 = this.#hash(at);
    return wanted.hashes.has(sha256) ? [{ sha256, index: 0 }] : [];
  }

  #hash(at: number): string {
    return this.#hashes.toString('hex', at * hashBytes, (at + 1) * hashBytes);
  }

  #forgetRest(at: number): void {
    if (this.#chunks.size > 0) this.#chunks.delete(at);
    if (this.#targets.size > 0) this.#targets.delete(at);
  }

  #grow(): void {
    const room = Math.max(16, Math.ceil(this.#sizes.length * 1.5));
    const hashes = Buffer.alloc(room * hashBytes);
    this.#hashes.copy(hashes);
    this.#hashes = hashes;
    this.#sizes = grown(this.#sizes, new Float64Array(room));
    this.#times = grown(this.#times, new Float64Array(room));
    this.#modes = grown(this.#modes, new Uint16Array(room));
  }
}

/** Hashes to look for. It is cheap to ask about a hash that is not among them. */
export class ChunkSet {
  readonly hashes: ReadonlySet<string>;
  readonly #beginnings: ReadonlySet<number>;

  constructor(hashes: Iterable<string>) {
    this.hashes = new Set(hashes);
    this.#beginnings = new Set(Array.from(this.hashes, (hash) => Number.parseInt(hash.slice(0, 8), 16)));
  }

  /** @returns False if the hash that begins there is not in the set. */
  mayHave(bytes: Buffer, start: number): boolean {
    return this.#beginnings.has(bytes.readUInt32BE(start));
  }
}

/** Copies numbers into a longer array. */
export function grown<T extends Float64Array | Uint16Array>(numbers: T, longer: T): T {
  longer.set(numbers);
  return longer;
}
