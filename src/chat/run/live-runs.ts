import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Prisma, type Run } from '../../generated/prisma/client.ts';
import { type PlaceLimits, Places } from '../../limits/live-run-limit.ts';
import { executeRun, type LiveRunOptions } from './execute-run.ts';
import { cancelQueuedRun } from './queued-run.ts';

export interface LiveRunsOptions extends Omit<LiveRunOptions, 'closing'>, PlaceLimits {}

interface LiveRun {
  controller: AbortController;
  /** Never rejects. */
  done: Promise<void>;
}

/** How long a closing gateway goes on trying to save a run that has stopped and cannot be saved. */
const savingMs = 3_000;

/** The runs that this gateway is answering, and those that wait behind them. */
export class LiveRuns {
  readonly #options: LiveRunsOptions;
  readonly #live = new Map<number, LiveRun>();
  readonly places: Places;
  readonly #closing = new AbortController();
  /** No new runs; then: no runs at all. */
  #state: 'open' | 'draining' | 'cancelling' = 'open';

  constructor(options: LiveRunsOptions) {
    this.#options = options;
    this.places = new Places(options);
  }

  /** How many runs are being answered. */
  get size(): number {
    return this.#live.size;
  }

  /** Whether new runs are taken. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /**
   * Runs a RUNNING run. From here on it can be cancelled.
   *
   * @param place Given back when the run has ended.
   * @param announced What must be told before the run's own news.
   */
  launch(run: Run, place: Disposable, log: Logger = this.#options.log, announced?: Promise<void>): void {
    const controller = new AbortController();
    // Every tool call of a step listens.
    setMaxListeners(0, controller.signal);
    if (this.#state === 'cancelling') controller.abort();
    const options = { ...this.#options, log, closing: this.#closing.signal };
    const done = Promise.resolve(announced)
      .then(() => executeRun(run, options, controller.signal))
      .finally(() => place[Symbol.dispose]())
      .then(() => this.startNext(run.sessionId))
      .catch((error) => log.error({ err: error }, 'the next run could not be started'))
      // Not before: a gateway that closes must wait for the next run too, if that was started just now.
      .finally(() => this.#live.delete(run.id));
    this.#live.set(run.id, { controller, done });
  }

  /** Starts the run that has waited longest in a session, unless another one is running. */
  async startNext(sessionId: number): Promise<void> {
    const { database } = this.#options;
    while (this.isOpen) {
      const next = await database.run.findFirst({
        where: { sessionId, status: 'QUEUED' },
        orderBy: { id: 'asc' },
        select: { id: true, session: { select: { userId: true } } },
      });
      if (next === null) return;
      const started = await this.#start(next.id);
      for (const run of started ?? []) this.launch(run, this.places.take(next.session.userId));
      // It may have been cancelled in the meantime: then it is the next one's turn.
      if (started?.length !== 0) return;
    }
  }

  /** Ends a run, whether it runs or waits, and waits until it has ended. */
  async cancel(runId: number): Promise<void> {
    // A run that waits may be started between the look and the end: then it is live.
    if (!this.#live.has(runId) && (await cancelQueuedRun(runId, this.#options))) return;
    const live = this.#live.get(runId);
    live?.controller.abort();
    await live?.done;
  }

  /**
   * Takes no more runs, lets the live ones finish for `graceMs`, then cancels them: their tools have
   * `toolStopMs` to stop.
   */
  async drain(graceMs: number): Promise<void> {
    this.#state = 'draining';
    await this.#settle(graceMs);
    this.#state = 'cancelling';
    for (const { controller } of this.#live.values()) controller.abort();
    await this.#settle(this.#options.toolStopMs + savingMs);
    this.#closing.abort();
    await this.#allDone();
  }

  /** Undefined where another run of the session is running: one at most, as the unique index says. */
  async #start(runId: number): Promise<Run[] | undefined> {
    try {
      return await this.#options.database.run.updateManyAndReturn({
        where: { id: runId, status: 'QUEUED' },
        data: { status: 'RUNNING', startedAt: new Date() },
      });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return undefined;
      throw error;
    }
  }

  async #allDone(): Promise<void> {
    while (this.#live.size > 0) await Promise.all([...this.#live.values()].map((live) => live.done));
  }

  /** Waits until no run is live, for `withinMs` at most. */
  async #settle(withinMs: number): Promise<void> {
    const timeout = new AbortController();
    const late = delay(withinMs, undefined, { signal: timeout.signal }).catch(() => undefined);
    await Promise.race([this.#allDone(), late]);
    timeout.abort();
  }
}
