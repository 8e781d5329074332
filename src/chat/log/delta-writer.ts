import type { Delta, RunWriter } from './run-writer.ts';

/** Deltas of a response that are written as they come. Most responses are shorter. */
const singleDeltas = 2_000;
/** How long the text of further deltas is gathered, in milliseconds. */
const gatherMs = 20;

/**
 * Writes the text of one response. A fast provider sends 100,000 deltas in a second: an entry for each would fill the
 * memory with the run's log, so the text of later deltas is gathered into fewer entries.
 */
export class DeltaWriter {
  #written = 0;
  #waiting: Delta | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The flush that the timer began. */
  #flushing = Promise.resolve();
  #failure: { error: unknown } | undefined;
  readonly #writer: RunWriter;

  constructor(writer: RunWriter) {
    this.#writer = writer;
  }

  /**
   * Writes a delta, or keeps it for later. Not a promise where nothing must be waited for.
   *
   * @throws The error of the log, also when an earlier delta could not be written.
   */
  write(delta: Delta): Promise<unknown> | undefined {
    if (this.#failure) throw this.#failure.error;
    if (this.#written < singleDeltas) {
      this.#written += 1;
      return this.#writer.writeDelta(delta);
    }
    return this.#gather(delta);
  }

  async #gather(delta: Delta): Promise<void> {
    if (this.#waiting?.type === delta.type) {
      this.#waiting.text += delta.text;
      return;
    }
    await this.flush();
    this.#waiting = { ...delta };
    this.#timer = setTimeout(() => this.#flushLate(), gatherMs);
  }

  /**
   * Writes the gathered text. Call it before the response ends.
   *
   * @throws The error of the log, also when an earlier delta could not be written.
   */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flushing;
    if (this.#failure) throw this.#failure.error;
    await this.#writeGathered();
  }

  /** Keeps an error for the next call, because nothing awaits a timer: the error would end the process. */
  #flushLate(): void {
    this.#flushing = this.#writeGathered().catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  async #writeGathered(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) await this.#writer.writeDelta(waiting);
  }
}
