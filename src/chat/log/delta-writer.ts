import type { RunEventBody } from './run-event.ts';
import type { RunWriter } from './run-writer.ts';

type Delta = Extract<RunEventBody, { type: 'TextDelta' | 'ReasoningDelta' }>;

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
  readonly #writer: RunWriter;

  constructor(writer: RunWriter) {
    this.#writer = writer;
  }

  async write(delta: Delta): Promise<void> {
    if (this.#waiting?.type === delta.type) {
      this.#waiting.text += delta.text;
      return;
    }
    await this.flush();
    if (this.#written < singleDeltas) {
      this.#written += 1;
      await this.#writer.write(delta);
    } else {
      this.#waiting = { ...delta };
      this.#timer = setTimeout(() => void this.flush(), gatherMs);
    }
  }

  /** Writes the gathered text. Call it before the response ends. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) await this.#writer.write(waiting);
  }
}
