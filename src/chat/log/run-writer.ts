import type { Bus } from '../../bus/bus.ts';
import type { OwnedLog } from '../../bus/owned-log.ts';
import type { Usage } from '../usage/usage.ts';
import type { RunEvent, RunEventBody, TerminalRunEventBody } from './run-event.ts';
import type { RunHold } from './run-hold.ts';

export type RunLog = OwnedLog<RunEventBody & { runId: number }>;

/** A piece of the answer or of its reasoning. */
export type Delta = Extract<RunEventBody, { type: 'TextDelta' | 'ReasoningDelta' }>;

/** The topic of a run's rings and the key of its log. */
export function runKey(runId: number): string {
  return `run:${runId}`;
}

interface RunWriterParts {
  log: RunLog;
  bus: Bus;
  hold: RunHold;
  onFirstWords?: () => void;
}

/** Writes a run's log, and keeps the answer and the usage so far. Each live run has exactly one writer. */
export class RunWriter {
  content = '';
  reasoning = '';
  /** The seq of the newest entry of the log. */
  lastSeq = 0;
  /** The usage of all model calls so far. The current call is an estimate. */
  usage: Usage;
  /** Tokens that the session takes up in the model's context, as of the newest model call. */
  contextTokens = 0;
  /** The ids of all tool calls so far. */
  readonly callIds = new Set<string>();
  readonly runId: number;
  /** The right to write the run. */
  readonly hold: RunHold;
  readonly assistantMessageId: number | null;
  readonly #key: string;
  readonly #log: RunLog;
  readonly #bus: Bus;
  /** Called once, with the first words of the answer or of its reasoning. */
  #onFirstWords: (() => void) | undefined;

  constructor(
    run: { id: number; assistantMessageId: number | null },
    usage: Usage,
    { log, bus, hold, onFirstWords }: RunWriterParts,
  ) {
    this.runId = run.id;
    this.#key = runKey(run.id);
    this.assistantMessageId = run.assistantMessageId;
    this.usage = usage;
    this.#log = log;
    this.#bus = bus;
    this.hold = hold;
    this.#onFirstWords = onFirstWords;
  }

  /**
   * Resolves with the entry of the log.
   *
   * @throws RunLostError if another gateway has taken over the run.
   */
  async write<Body extends RunEventBody>(body: Body): Promise<Extract<RunEvent, { type: Body['type'] }>> {
    if (!this.hold.isHeld) await this.hold.held();
    const event = await this.#append({ ...body, runId: this.runId });
    return event as Extract<RunEvent, { type: Body['type'] }>;
  }

  /**
   * Writes a delta. Not a promise where the log is in memory: a run has thousands of deltas.
   *
   * @throws RunLostError as `write` does.
   */
  writeDelta(delta: Delta): Promise<unknown> | undefined {
    if (!this.hold.isHeld) return this.write(delta);
    const { type, text } = delta;
    if (this.#onFirstWords) {
      this.#onFirstWords();
      this.#onFirstWords = undefined;
    }
    // With the fields that the log sets: an object that gets more fields later is larger, and the log keeps thousands.
    const appended = this.#append({ type, text, runId: this.runId, seq: 0, at: 0 } as RunEvent);
    return appended instanceof Promise ? appended : undefined;
  }

  #append(body: RunEventBody & { runId: number }): RunEvent | Promise<RunEvent> {
    if (body.type === 'TextDelta') this.content += body.text;
    else if (body.type === 'ReasoningDelta') this.reasoning += body.text;
    const appended = this.#log.append(this.#key, body);
    return appended instanceof Promise
      ? appended.then((event) => this.#announce(event))
      : this.#announce(appended);
  }

  #announce(event: RunEvent): RunEvent {
    this.lastSeq = event.seq;
    this.#bus.ring(this.#key);
    return event;
  }

  /** Ends the log, which stays readable for `ttlMs`. */
  async end(body: TerminalRunEventBody, ttlMs: number): Promise<void> {
    await this.write(body);
    await this.expire(ttlMs);
  }

  /** Writes no more. The log stays readable for `ttlMs`. */
  async expire(ttlMs: number): Promise<void> {
    await this.#log.expire(this.#key, ttlMs);
  }
}
