import { characterStart } from './cut-text.ts';

/** Keeps the last bytes that were written to it, in a ring. */
export class TailBuffer {
  readonly #ring: Buffer;
  #totalBytes = 0;

  constructor(maxBytes: number) {
    this.#ring = Buffer.alloc(maxBytes);
  }

  get isEmpty(): boolean {
    return this.#totalBytes === 0;
  }

  push(chunk: Buffer): void {
    const { length } = this.#ring;
    const kept = chunk.subarray(Math.max(0, chunk.length - length));
    const offset = (this.#totalBytes + chunk.length - kept.length) % length;
    const fitting = kept.copy(this.#ring, offset);
    kept.copy(this.#ring, 0, fitting);
    this.#totalBytes += chunk.length;
  }

  /** The kept bytes as text, from the first whole character on, and how many of the written bytes that is. */
  read(): { text: string; bytes: number } {
    const { length } = this.#ring;
    if (this.#totalBytes <= length) {
      return { text: this.#ring.toString('utf8', 0, this.#totalBytes), bytes: this.#totalBytes };
    }
    const oldest = this.#totalBytes % length;
    const kept = Buffer.concat([this.#ring.subarray(oldest), this.#ring.subarray(0, oldest)]);
    const start = characterStart(kept, 0);
    return { text: kept.toString('utf8', start), bytes: length - start };
  }
}
