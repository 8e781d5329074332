/** What a walk does next: gets some bytes, passes over some, or passes over all up to the end of a pattern. */
type Step = { take: number } | { skip: number } | { past: Buffer };

/** Walks through a file. It gets the bytes of each `take`, returns when it knows enough, and throws if the file is broken. */
export type Walk<Facts> = Generator<Step, Facts, Buffer>;

const nothing = Buffer.alloc(0);

/**
 * Leads a walk through a file whose bytes come in pieces. It keeps no more of them than one `take` asks for, so a walk
 * must not take more than some kilobytes at once.
 */
export class FileWalk<Facts> {
  readonly #walk: Walk<Facts>;
  #next: IteratorResult<Step, Facts>;
  /** Bytes that have come and are not used yet: the beginning of a `take`, or of a pattern. */
  #rest: Buffer = nothing;
  #skipped = 0;

  constructor(walk: Walk<Facts>) {
    this.#walk = walk;
    this.#next = walk.next();
  }

  push(bytes: Uint8Array): void {
    if (this.#next.done) return;
    let rest =
      this.#rest.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#rest, bytes]);
    while (!this.#next.done) {
      const used = this.#use(this.#next.value, rest);
      if (used === undefined) break;
      rest = rest.subarray(used);
    }
    // A copy: the source may use its buffer again.
    this.#rest = this.#next.done ? nothing : Buffer.from(this.#keep(this.#next.value, rest));
  }

  /** What the walk has found; undefined if the file ended too early. */
  end(): Facts | undefined {
    return this.#next.done ? this.#next.value : undefined;
  }

  /** Goes on if the step can be done with these bytes. Returns how many of them it used; undefined if there are too few. */
  #use(step: Step, rest: Buffer): number | undefined {
    if ('take' in step) {
      if (rest.length < step.take) return undefined;
      this.#next = this.#walk.next(rest.subarray(0, step.take));
      return step.take;
    }
    if ('skip' in step) {
      const left = step.skip - this.#skipped;
      if (rest.length < left) return undefined;
      this.#skipped = 0;
      this.#next = this.#walk.next(nothing);
      return left;
    }
    const found = rest.indexOf(step.past);
    if (found === -1) return undefined;
    this.#next = this.#walk.next(nothing);
    return found + step.past.length;
  }

  /** The bytes that a step needs of those that were not enough for it. */
  #keep(step: Step, rest: Buffer): Buffer {
    if ('take' in step) return rest;
    if ('skip' in step) {
      this.#skipped += rest.length;
      return nothing;
    }
    return rest.subarray(Math.max(0, rest.length - step.past.length + 1));
  }
}
