/** What a walk does next: gets some bytes, passes over some, or passes over all up to the end of a pattern. */
type Step = { take: number } | { skip: number } | { past: Buffer };

/** Walks through a file. It gets the bytes of each `take`, returns when it knows enough, and throws if the file is broken. */
export type Walk<Facts> = Generator<Step, Facts, Buffer>;

const nothing = Buffer.alloc(0);

/**
 * Steps of a file. An animation of 20 MB takes 170,000; a file that is made of the smallest parts would take millions, and
 * seconds.
 */
const mostSteps = 400_000;

/** A file has more parts than any file that is not made to be slow. */
export class TooManyPartsError extends Error {
  override readonly name = 'TooManyPartsError';
}

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
  #steps = 0;

  constructor(walk: Walk<Facts>) {
    this.#walk = walk;
    this.#next = walk.next();
  }

  /** @throws TooManyPartsError, and what the walk throws. */
  push(bytes: Uint8Array): void {
    if (this.#next.done) return;
    const all =
      this.#rest.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (!this.#next.done) {
      const used = this.#use(this.#next.value, all, at);
      if (used === undefined) break;
      at += used;
      this.#steps += 1;
      if (this.#steps > mostSteps) throw new TooManyPartsError();
    }
    // A copy: the source may use its buffer again.
    this.#rest = this.#next.done ? nothing : Buffer.from(this.#keep(this.#next.value, all.subarray(at)));
  }

  /** What the walk has found; undefined if the file ended too early. */
  end(): Facts | undefined {
    return this.#next.done ? this.#next.value : undefined;
  }

  /** Goes on if the step can be done with the bytes from `at` on. Returns how many it used; undefined if there are too few. */
  #use(step: Step, all: Buffer, at: number): number | undefined {
    const length = all.length - at;
    if ('take' in step) {
      if (length < step.take) return undefined;
      this.#next = this.#walk.next(all.subarray(at, at + step.take));
      return step.take;
    }
    if ('skip' in step) {
      const left = step.skip - this.#skipped;
      if (length < left) return undefined;
      this.#skipped = 0;
      this.#next = this.#walk.next(nothing);
      return left;
    }
    const found = all.indexOf(step.past, at);
    if (found === -1) return undefined;
    this.#next = this.#walk.next(nothing);
    return found - at + step.past.length;
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
