import { afterCharacter } from './utf8.ts';

/** The last bytes of what was written to it. */
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
    const place = (this.#totalBytes + chunk.length - kept.length) % length;
    const fitting = kept.copy(this.#ring, place);
    kept.copy(this.#ring, 0, fitting);
    this.#totalBytes += chunk.length;
  }

  /** What is kept, without half a character at its beginning, and how many bytes of what was written that is. */
  read(): { text: string; bytes: number } {
    const { length } = this.#ring;
    if (this.#totalBytes <= length) {
      return { text: this.#ring.toString('utf8', 0, this.#totalBytes), bytes: this.#totalBytes };
    }
    const place = this.#totalBytes % length;
    const kept = Buffer.concat([this.#ring.subarray(place), this.#ring.subarray(0, place)]);
    const start = afterCharacter(kept, 0);
    return { text: kept.toString('utf8', start), bytes: length - start };
  }
}
