import type { Logger } from 'pino';
import { maxId } from '../../base/global-id.ts';
import { createKeyedLock } from '../../base/lock.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { CancelCause } from '../../generated/prisma/enums.ts';
import type { Lease } from '../../lease/lease.ts';
import type { RunSlots } from '../../limits/run-slots.ts';
import { findSession } from '../../storage/find-session.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { fencesOfRuns } from '../../storage/statements/run-owners.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { RunLog } from '../log/run-writer.ts';
import { CancelRuns, type CancelRunsOptions } from './cancel-runs.ts';
import { Cancellation } from './cancellation.ts';
import { type Launch, type LaunchRunOptions, type LiveRun, launchRun } from './launch-run.ts';
import type { ResumePoint, ResumeRuns } from './resume-point.ts';
import { startOldest } from './start-oldest.ts';
import { leaveIfWaiting, settledWithin, stopLiveRun } from './stop-live-run.ts';
import type { UntilEnded } from './stop-requests.ts';

export interface LiveRunsOptions extends Pick<CancelRunsOptions, 'stops' | 'cancelQueued'> {
  statements: Statements;
  lease: Lease;
  slots: RunSlots;
  runLog: RunLog;
  changes: ChangeLog;
  /** Runs a RUNNING run to its end. Never rejects. */
  execute: LaunchRunOptions['execute'];
  /** Which runs the next start, or another gateway, goes on with. */
  resumeRuns: ResumeRuns;
  /** How long the tools of a cancelled run may take to stop, in milliseconds. */
  toolStopMs: number;
  log: Logger;
}

/** Milliseconds until the start of a queued run is tried again after it has failed. */
const retryMs = 1_000;
/** How long a closing gateway tries to save the runs that it has cancelled, in milliseconds. */
const savingMs = 3_000;

/** The live runs of this gateway. Starts, cancels and drains them, and starts the next queued run of a session. */
export class LiveRuns {
  readonly #options: LiveRunsOptions;
  readonly #live = new Map<number, LiveRun>();
  readonly #cancel: CancelRuns;
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
    this.#cancel = new CancelRuns({ ...options, live: this.#live });
    options.lease.afterGap(() => this.#dropTaken());
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
  launch(run: Run, launch: Launch): void {
    const { sessionId } = run;
    const live = launchRun(run, launch, {
      ...this.#options,
      closing: this.#closing.signal,
      onWait: () => this.#leaveIfWaiting(run.id),
      whenOver: async () => {
        await this.startNext(sessionId);
      },
      // Delete last: a closing gateway must also wait for the next run, if that has just been started.
      forget: () => this.#live.delete(run.id),
    });
    if (this.#state === 'cancelling') live.controller.abort(new Cancellation('SHUTDOWN'));
    this.#live.set(run.id, live);
  }

  /**
   * Goes on with a run that another gateway has executed.
   *
   * @param serving The run goes on after this promise.
   */
  async resume(resumed: ResumePoint, serving: Promise<void>): Promise<void> {
    const { run } = resumed;
    await this.#alone(run.sessionId, async () => {
      const { userId } = await findSession(this.#options.statements, run.sessionId);
      this.launch(run, { slot: this.#options.slots.take(userId), serving, resumed });
    });
  }

  /** The number of live runs that wait for nothing but decisions about tool calls. */
  get waiting(): number {
    return [...this.#live.values()].filter(({ openCalls }) => openCalls.waitsFor === 'PEOPLE').length;
  }

  /**
   * Starts the oldest queued run of a session, unless another run of the session is RUNNING. Never rejects: a failure,
   * for instance of a busy database, is logged and tried again.
   *
   * @returns The runs that were interrupted for it and that other gateways execute.
   */
  async startNext(sessionId: number): Promise<UntilEnded[]> {
    try {
      return await this.#alone(sessionId, async () => {
        const cancelled = await this.#cancelInterrupted(sessionId);
        const { isHeld } = this.#options.lease;
        const next = this.isOpen && isHeld ? await startOldest(sessionId, this.#options) : undefined;
        if (next) {
          const slot = this.#options.slots.take(next.userId);
          this.launch(next.run, { slot, wasQueued: true });
          this.#options.changes.ring(next.told);
        }
        return cancelled;
      });
    } catch (error) {
      this.#options.log.error({ err: error, sessionId }, 'the next run could not be started');
      this.#retryStart(sessionId);
      return [];
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
    const interrupted = this.#cancel.abortBefore(sessionId, id, 'SUPERSEDED');
    const elsewhere = await this.startNext(sessionId);
    // The prompt is stored, so an end that cannot be saved yet is no failure of its sender.
    await Promise.allSettled([
      ...interrupted.map(({ ended }) => ended),
      ...elsewhere.map((ended) => ended()),
    ]);
    if (elsewhere.length > 0) await this.startNext(sessionId);
  }

  /**
   * Cancels a run, live or queued, and waits until it has ended.
   *
   * @throws GatewayError when the run has ended and its end cannot be saved yet: see `endNotSaved`.
   */
  async cancel({ id, sessionId }: Pick<Run, 'id' | 'sessionId'>, cause: CancelCause): Promise<void> {
    const ended = await this.#alone(sessionId, () => this.#cancel.stop(id, cause));
    await ended?.();
  }

  /**
   * Cancels all live and queued runs of a session.
   *
   * @returns The ids of the runs that were live or queued, newest first; some may have ended by themselves.
   * @throws GatewayError as `cancel` does.
   */
  async cancelSession(sessionId: number, cause: CancelCause): Promise<number[]> {
    const { ids, ended } = await this.#alone(sessionId, () =>
      this.#cancel.cancelBefore(sessionId, maxId, cause),
    );
    await Promise.all(ended.map((wait) => wait()));
    return ids;
  }

  /**
   * Accepts no more runs and lets the live ones finish for `graceMs`. Those that wait for an approval are left at once, and
   * those that wait for a tool afterwards: the next start, or another gateway, goes on with them. The others are cancelled.
   */
  async drain(graceMs: number): Promise<void> {
    this.#state = 'draining';
    for (const id of this.#live.keys()) this.#leaveIfWaiting(id);
    await settledWithin(this.#allDone(), graceMs, this.#hurry.signal);
    this.#state = 'cancelling';
    for (const live of this.#live.values()) stopLiveRun(live, this.#options.resumeRuns);
    await settledWithin(this.#allDone(), this.#options.toolStopMs + savingMs);
    this.#closing.abort();
    await this.#allDone();
  }

  #leaveIfWaiting(id: number): void {
    const live = this.#live.get(id);
    if (!this.isOpen && live) leaveIfWaiting(live);
  }

  /** Does what others have asked of the runs of this gateway: stops them, or lets prompts join them. */
  async obey(): Promise<void> {
    if (this.#live.size === 0) return;
    for (const { id, stopCause } of await this.#options.stops.own()) {
      if (stopCause === null) this.#live.get(id)?.steerNote.set();
      else this.#live.get(id)?.controller.abort(new Cancellation(stopCause));
    }
  }

  /** Tells the run that a stored prompt is to join, wherever it is executed. Never rejects, because the prompt is stored. */
  async steer({ steersId }: Pick<Run, 'steersId'>): Promise<void> {
    if (steersId === null) return;
    const live = this.#live.get(steersId);
    if (live && !live.hold.isLost) return live.steerNote.set();
    await this.#options.stops
      .ringForPrompt(steersId)
      .catch((err: unknown) => this.#options.log.warn({ err }, 'a gateway could not be told of a prompt'));
  }

  /** Ends the time that `drain` gives to the live runs. */
  endGrace(): void {
    this.#hurry.abort();
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
  async #cancelInterrupted(sessionId: number): Promise<UntilEnded[]> {
    const before = this.#interrupting.get(sessionId);
    if (before === undefined || !this.isOpen) return [];
    const { elsewhere } = await this.#cancel.cancelBefore(sessionId, before, 'SUPERSEDED');
    // Another run may have begun to interrupt in the meantime.
    if (this.#interrupting.get(sessionId) === before) this.#interrupting.delete(sessionId);
    return elsewhere;
  }

  /** Gives up the runs that other gateways have taken over while this one had no lease. */
  async #dropTaken(): Promise<void> {
    if (this.#live.size === 0) return;
    const rows = await this.#options.statements.all(fencesOfRuns, [idList(this.#live.keys())]);
    for (const { id, fence } of rows) {
      const hold = this.#live.get(id)?.hold;
      if (hold && hold.fence !== fence) hold.lose();
    }
  }

  async #allDone(): Promise<void> {
    while (this.#live.size > 0) await Promise.all([...this.#live.values()].map((live) => live.done));
  }
}
