import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { maxId } from '../../base/global-id.ts';
import { createKeyedLock } from '../../base/lock.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { CancelCause } from '../../generated/prisma/enums.ts';
import type { RunSlots } from '../../limits/run-slots.ts';
import { isUniqueConflict } from '../../storage/failure/prisma-error.ts';
import { oldestQueuedRun, startRun, unfinishedRuns } from '../../storage/statements/run-states.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { openRunLog } from '../log/open-run-log.ts';
import type { RunLog } from '../log/run-writer.ts';
import { Cancellation } from './cancellation.ts';
import { endNotSaved } from './end-not-saved.ts';
import type { RunSetup } from './execute-run.ts';
import { queuedRunStarted } from './run-changes.ts';

export interface LiveRunsOptions {
  statements: Statements;
  slots: RunSlots;
  runLog: RunLog;
  changes: ChangeLog;
  /** Runs a RUNNING run to its end. Never rejects. */
  execute(run: Run, context: ExecuteContext): Promise<void>;
  /** Cancels a run if it is still QUEUED. Resolves with whether it was. */
  cancelQueued(runId: number, cause: CancelCause): Promise<boolean>;
  /** How long the tools of a cancelled run may take to stop, in milliseconds. */
  toolStopMs: number;
  log: Logger;
}

interface ExecuteContext {
  /** Aborts with a `Cancellation` when the run is cancelled. */
  signal: AbortSignal;
  /** Aborts when the gateway closes. */
  closing: AbortSignal;
  log: Logger;
  /** Undefined for a run that waited in the queue. */
  setup: RunSetup | undefined;
  /** Called with the database's error when the run has ended and its end is not saved yet. */
  onUnsaved: (cause: unknown) => void;
}

export interface Launch {
  /** Disposed when the run has ended. */
  slot: Disposable;
  /** Default: the engine's log. */
  log?: Logger | undefined;
  setup?: RunSetup;
  /** Whether the run waited in the queue. Default: no. */
  wasQueued?: boolean;
}

interface LiveRun {
  sessionId: number;
  controller: AbortController;
  /** Resolves when the end of the run is saved. Never rejects, and takes as long as the disk is full. */
  done: Promise<void>;
  /** As `done`, but rejects with a GatewayError when the run has ended and its end cannot be saved yet. */
  ended: Promise<void>;
}

/** Milliseconds until the start of a queued run is tried again after it has failed. */
const retryMs = 1_000;
/** How long a closing gateway tries to save the runs that it has cancelled, in milliseconds. */
const savingMs = 3_000;

/** The live runs of this gateway. Starts, cancels and drains them, and starts the next queued run of a session. */
export class LiveRuns {
  readonly #options: LiveRunsOptions;
  readonly #live = new Map<number, LiveRun>();
  readonly #alone = createKeyedLock<number>();
  /** The newest run of a session that interrupts all runs before it. Removed when those are cancelled. */
  readonly #interrupting = new Map<number, number>();
  /** Sessions with a timer that tries again to start their next run. */
  readonly #retrying = new Set<number>();
  readonly #closing = new AbortController();
  readonly #hurry = new AbortController();
  /** `draining`: no new runs. `cancelling`: live runs are cancelled too. */
  #state: 'open' | 'draining' | 'cancelling' = 'open';

  constructor(options: LiveRunsOptions) {
    this.#options = options;
  }

  /** The number of live runs. */
  get size(): number {
    return this.#live.size;
  }

  /** Whether new runs are accepted. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /**
   * Opens or changes runs of a session while no other call starts or cancels one. A run that is opened as RUNNING must
   * be launched before `change` resolves. Otherwise a cancellation in between would miss it.
   */
  alone<T>(sessionId: number, change: () => Promise<T>): Promise<T> {
    return this.#alone(sessionId, change);
  }

  /** Executes a RUNNING run. From here on it can be cancelled. Call it within `alone`. */
  launch(run: Run, { slot, log = this.#options.log, setup, wasQueued = false }: Launch): void {
    openRunLog(this.#options.runLog, run, { wasQueued });
    const controller = new AbortController();
    // Each tool call of a step adds a listener; Node would warn about a leak from the eleventh on.
    setMaxListeners(0, controller.signal);
    if (this.#state === 'cancelling') controller.abort(new Cancellation('SHUTDOWN'));
    let onUnsaved: (cause: unknown) => void = () => undefined;
    const unsaved = new Promise<never>((_resolve, reject) => {
      onUnsaved = (cause) => reject(endNotSaved(cause));
    });
    const context = { log, setup, signal: controller.signal, closing: this.#closing.signal, onUnsaved };
    const done = this.#options
      .execute(run, context)
      .finally(() => slot[Symbol.dispose]())
      .then(() => this.startNext(run.sessionId))
      // Delete last: a closing gateway must also wait for the next run, if that has just been started.
      .finally(() => this.#live.delete(run.id));
    const ended = Promise.race([done, unsaved]);
    // Nobody may wait for the end of this run.
    ended.catch(() => undefined);
    this.#live.set(run.id, { sessionId: run.sessionId, controller, done, ended });
  }

  /**
   * Starts the oldest queued run of a session, unless another run of the session is RUNNING. Never rejects: a failure,
   * for instance of a busy database, is logged and tried again.
   */
  async startNext(sessionId: number): Promise<void> {
    try {
      await this.#alone(sessionId, async () => {
        await this.#cancelInterrupted(sessionId);
        await this.#startOldest(sessionId);
      });
    } catch (error) {
      this.#options.log.error({ err: error, sessionId }, 'the next run could not be started');
      this.#retryStart(sessionId);
    }
  }

  /** From here on, no run starts that is older than this queued run. Call it within `alone`, and `interrupt` after it. */
  willInterrupt({ id, sessionId }: Pick<Run, 'id' | 'sessionId'>): void {
    this.#interrupting.set(sessionId, Math.max(id, this.#interrupting.get(sessionId) ?? 0));
  }

  /**
   * Cancels the live run and the queued runs that are older than this queued run, and starts it when they have ended.
   * Several runs that interrupt at the same time cancel once, and the newest of them is started.
   */
  async interrupt({ id, sessionId }: Pick<Run, 'id' | 'sessionId'>): Promise<void> {
    const interrupted = this.#abortBefore(sessionId, id, 'SUPERSEDED');
    await this.startNext(sessionId);
    // The prompt is stored, so an end that cannot be saved yet is no failure of its sender.
    await Promise.allSettled(interrupted.map(({ ended }) => ended));
  }

  /**
   * Cancels a run, live or queued, and waits until it has ended.
   *
   * @throws GatewayError when the run has ended and its end cannot be saved yet: see `endNotSaved`.
   */
  async cancel({ id, sessionId }: Pick<Run, 'id' | 'sessionId'>, cause: CancelCause): Promise<void> {
    const live = await this.#alone(sessionId, async () => {
      const found = this.#live.get(id);
      if (found) found.controller.abort(new Cancellation(cause));
      else await this.#options.cancelQueued(id, cause);
      return found;
    });
    await live?.ended;
  }

  /**
   * Cancels all live and queued runs of a session.
   *
   * @returns The ids of the runs that were live or queued, newest first; some may have ended by themselves.
   * @throws GatewayError as `cancel` does.
   */
  async cancelSession(sessionId: number, cause: CancelCause): Promise<number[]> {
    const { ids, live } = await this.#alone(sessionId, () => this.#cancelBefore(sessionId, maxId, cause));
    await Promise.all(live.map(({ ended }) => ended));
    return ids;
  }

  /** Accepts no more runs, lets the live ones finish for `graceMs`, then cancels them and waits for their tools. */
  async drain(graceMs: number): Promise<void> {
    this.#state = 'draining';
    await this.#settle(graceMs, this.#hurry.signal);
    this.#state = 'cancelling';
    for (const { controller } of this.#live.values()) controller.abort(new Cancellation('SHUTDOWN'));
    await this.#settle(this.#options.toolStopMs + savingMs);
    this.#closing.abort();
    await this.#allDone();
  }

  /** Ends the time that `drain` gives to the live runs. */
  endGrace(): void {
    this.#hurry.abort();
  }

  async #startOldest(sessionId: number): Promise<void> {
    const { statements, slots, changes } = this.#options;
    while (this.isOpen) {
      const next = await statements.get(oldestQueuedRun, [sessionId]);
      if (next === undefined) return;
      const started = await this.#start(next.id);
      for (const run of started?.runs ?? []) {
        this.launch(run, { slot: slots.take(next.userId), wasQueued: true });
      }
      changes.ring(started?.told ?? []);
      // An empty list means that the run was deleted in the meantime: look for the next one.
      if (started?.runs.length !== 0) return;
    }
  }

  #retryStart(sessionId: number): void {
    if (this.#retrying.has(sessionId)) return;
    this.#retrying.add(sessionId);
    setTimeout(() => {
      this.#retrying.delete(sessionId);
      void this.startNext(sessionId);
    }, retryMs).unref();
  }

  /** Cancels the runs before the run that interrupts them. */
  async #cancelInterrupted(sessionId: number): Promise<void> {
    const before = this.#interrupting.get(sessionId);
    if (before === undefined || !this.isOpen) return;
    await this.#cancelBefore(sessionId, before, 'SUPERSEDED');
    // Another run may have begun to interrupt in the meantime.
    if (this.#interrupting.get(sessionId) === before) this.#interrupting.delete(sessionId);
  }

  /**
   * Cancels the runs of a session whose ids are lower than `before`. Call it within `alone`.
   *
   * @returns The ids of the runs that were live or queued, newest first, and the live ones.
   */
  async #cancelBefore(
    sessionId: number,
    before: number,
    cause: CancelCause,
  ): Promise<{ ids: number[]; live: LiveRun[] }> {
    const ids = await this.#unfinishedBefore(sessionId, before);
    const live = this.#abortBefore(sessionId, before, cause);
    for (const id of ids) if (!this.#live.has(id)) await this.#options.cancelQueued(id, cause);
    return { ids, live };
  }

  #abortBefore(sessionId: number, before: number, cause: CancelCause): LiveRun[] {
    const runs = [...this.#live].filter(([id, live]) => live.sessionId === sessionId && id < before);
    for (const [, { controller }] of runs) controller.abort(new Cancellation(cause));
    return runs.map(([, live]) => live);
  }

  async #unfinishedBefore(sessionId: number, before: number): Promise<number[]> {
    const runs = await this.#options.statements.all(unfinishedRuns, [sessionId]);
    return runs
      .map(({ id }) => id)
      .filter((id) => id < before)
      .toReversed();
  }

  /** Undefined when another run of the session is RUNNING: the unique index allows one. */
  async #start(runId: number) {
    const { statements, changes } = this.#options;
    try {
      return await statements.transaction(async (tx) => {
        // The time is read within the transaction, so that it is not before the end of the previous run.
        const runs = await tx.all(startRun, [new Date(), runId]);
        return { runs, told: await changes.write(tx, runs.flatMap(queuedRunStarted)) };
      });
    } catch (error) {
      if (isUniqueConflict(error)) return undefined;
      throw error;
    }
  }

  async #allDone(): Promise<void> {
    while (this.#live.size > 0) await Promise.all([...this.#live.values()].map((live) => live.done));
  }

  /** Waits until no run is live, for `withinMs` at most, and not longer than until `hurry` aborts. */
  async #settle(withinMs: number, hurry?: AbortSignal): Promise<void> {
    const timeout = new AbortController();
    const signal = hurry ? AbortSignal.any([timeout.signal, hurry]) : timeout.signal;
    const late = delay(withinMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([this.#allDone(), late]);
    timeout.abort();
  }
}
