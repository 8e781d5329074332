/** A value is read again after so many times the time that its last reading took: it takes a twentieth of the time at most. */
const restFactor = 20;
/** No value is older than this, in milliseconds. */
const mostRestMs = 10_000;

/**
 * A value that is expensive to read, such as a sum over many rows. Those who ask at the same time, or soon after, share one
 * reading.
 */
export class RestedRead<Value> {
  #read: Promise<Value> | undefined;
  #until = 0;
  readonly #source: () => Promise<Value>;

  constructor(source: () => Promise<Value>) {
    this.#source = source;
  }

  /** A failed reading is not kept. */
  get(): Promise<Value> {
    if (this.#read && performance.now() < this.#until) return this.#read;
    const begun = performance.now();
    const read = this.#source();
    this.#read = read;
    this.#until = Number.POSITIVE_INFINITY;
    read.then(
      () => {
        const ended = performance.now();
        this.#until = ended + Math.min(mostRestMs, restFactor * (ended - begun));
      },
      () => {
        this.#until = 0;
      },
    );
    return read;
  }
}
