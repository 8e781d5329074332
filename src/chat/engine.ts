import type { Logger } from 'pino';
import { maxId } from '../base/global-id.ts';
import { GatewayError, sessionNotFound, tryAgain } from '../errors.ts';
import type { Run, ToolCall } from '../generated/prisma/client.ts';
import { Admission } from '../limits/admission.ts';
import { type FollowOptions, followRun } from './log/follow-run.ts';
import type { RunEvent } from './log/run-event.ts';
import { runKey } from './log/run-writer.ts';
import type { ModelChoice, Models, ResolvedModel } from './models/models.ts';
import { ProviderError } from './models/provider-error.ts';
import { LiveRuns, type LiveRunsOptions } from './run/live-runs.ts';
import { findKnown, type OnBusy, type OpenRunOptions, openRun } from './run/open-run.ts';
import { endOrphanedRuns } from './run/recover.ts';
import { Approvals, type Verdict } from './tool-calls/approvals.ts';
import { decideCall } from './tool-calls/decide-call.ts';

export interface SendInput {
  sessionId: number;
  prompt: string;
  requestId?: string | null | undefined;
  onBusy: OnBusy;
  providerName?: string | null | undefined;
  modelName?: string | null | undefined;
  /** Where the run's lines go if it starts at once; the engine's own log unless given. */
  log?: Logger;
}

export interface EngineOptions extends Omit<LiveRunsOptions, 'approvals'>, Omit<FollowOptions, 'log'> {
  /** Runs of one session that may wait at once. */
  maxQueuedRuns: number;
  /** Whether the gateway has more to do than it can. */
  isOverloaded: () => boolean;
}

export interface CancelReceipt {
  /** Whether there was a live run and it was cancelled. */
  cancelled: boolean;
  run: Run | null;
}

/** Starts, cancels and recovers runs. A run belongs to the engine, not to whoever asked for it. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #live: LiveRuns;
  readonly #approvals = new Approvals();
  readonly #admission: Admission;
  /** Prompts that are on their way to a run. */
  #sending = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#admission = new Admission(options.isOverloaded);
    this.#live = new LiveRuns({ ...options, approvals: this.#approvals });
  }

  /**
   * Sends a prompt. With a request id that is known already it only finds the run.
   *
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT, RUN_IN_PROGRESS, REQUEST_ID_REUSED, RATE_LIMITED,
   *   MODEL_UNAVAILABLE, OVERLOADED, SHUTTING_DOWN.
   */
  async send(input: SendInput): Promise<Run> {
    // Whatever has become of its model since, and however much there is to do.
    const known = await findKnown(this.#options.database, input);
    if (known) return known;
    // Before all else that costs time, of which there is none.
    if (!this.#admission.admits(this.#live.size + this.#sending)) throw overloaded();
    this.#sending += 1;
    try {
      return await this.#send(input);
    } finally {
      this.#sending -= 1;
    }
  }

  /**
   * Sends a prompt and follows its run, as `send` and `follow` do. A cursor makes sense only for a run that is
   * there already, so that with one nothing new is sent.
   *
   * @throws GatewayError as `send` and `follow` do.
   */
  async chat(input: SendInput, after: number, signal: AbortSignal): Promise<AsyncGenerator<RunEvent>> {
    const { sessionId, requestId } = input;
    const where = { sessionId, requestId: requestId ?? null };
    if (after !== 0 && !(requestId && (await this.#options.database.run.count({ where })))) {
      const message = 'after: only for a prompt that was sent before, with the same requestId.';
      throw new GatewayError('BAD_USER_INPUT', message, { field: 'after' });
    }
    const run = await this.send(input);
    return this.follow(run.id, after, signal);
  }

  /**
   * The run events after the cursor: those of the log, then live ones, up to the terminal run event.
   *
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT when the cursor lies in the future.
   */
  async follow(runId: number, after: number, signal: AbortSignal): Promise<AsyncGenerator<RunEvent>> {
    const { database, runLog } = this.#options;
    const run = await database.run.findUnique({ where: { id: runId } });
    if (run === null) throw runNotFound(runId);
    const lastSeq = (await runLog.lastSeq(runKey(runId))) ?? run.lastSeq;
    if (after < 0 || after > lastSeq) {
      const message = `after must be the seq of a run event already seen: 0 to ${lastSeq} for this run.`;
      throw new GatewayError('BAD_USER_INPUT', message, { field: 'after' });
    }
    if (run.finishedAt !== null && after >= run.lastSeq) return nothing();
    return followRun({ ...this.#options, log: runLog }, runId, after, signal);
  }

  /**
   * Cancels a run and waits until it has ended, with its partial answer saved.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async cancelRun(runId: number): Promise<CancelReceipt> {
    const { database } = this.#options;
    const before = await database.run.findUnique({ where: { id: runId } });
    if (before === null) throw runNotFound(runId);
    if (before.finishedAt !== null) return { cancelled: false, run: before };
    await this.#live.cancel(runId);
    const run = await database.run.findUnique({ where: { id: runId } });
    return { cancelled: run?.status === 'CANCELLED', run };
  }

  /**
   * Cancels what a session is running and what waits in it; the receipt is for what was running.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async cancelCurrent(sessionId: number): Promise<CancelReceipt> {
    const { database } = this.#options;
    const session = await database.session.findUnique({ where: { id: sessionId }, select: { id: true } });
    if (session === null) throw sessionNotFound(sessionId);
    const ids = await this.cancelSession(sessionId);
    const runs = await database.run.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } });
    return { cancelled: runs.some(({ status }) => status === 'CANCELLED'), run: runs[0] ?? null };
  }

  /**
   * Cancels what a session is running, and everything that waits behind it.
   *
   * @param before Only runs with a smaller id.
   * @returns The ids of those that were live, newest first; some may have ended by themselves.
   */
  async cancelSession(sessionId: number, before = maxId): Promise<number[]> {
    const runs = await this.#options.database.run.findMany({
      where: { sessionId, status: { in: ['RUNNING', 'QUEUED'] }, id: { lt: before } },
      select: { id: true },
      // Those that wait first, so that none of them is started by the end of another.
      orderBy: { id: 'desc' },
    });
    for (const { id } of runs) await this.#live.cancel(id);
    return runs.map(({ id }) => id);
  }

  /**
   * Decides about a tool call that waits for an approval. Deciding twice in the same way does no harm.
   *
   * @returns The call as it is then.
   * @throws GatewayError NOT_FOUND; CONFLICT where there is nothing to decide, or it was decided otherwise.
   */
  async decideToolCall(runId: number, callId: string, verdict: Verdict): Promise<ToolCall> {
    const { database, runLog } = this.#options;
    const run = await database.run.findUnique({ where: { id: runId } });
    if (run === null) throw runNotFound(runId);
    return decideCall({ database, runLog, approvals: this.#approvals, run, callId, verdict });
  }

  /**
   * Ends the runs that a gateway before this one left behind, and makes those that still wait ready to be
   * followed. To be called before anybody is served; no model is asked before `startWaiting`.
   */
  async recover(): Promise<void> {
    const { database, log } = this.#options;
    const orphans = await endOrphanedRuns(database);
    const waiting = await database.run.findMany({ where: { status: 'QUEUED' }, select: { id: true } });
    if (orphans + waiting.length > 0) log.warn({ orphans, waiting: waiting.length }, 'recovered runs');
    for (const { id } of waiting) await this.#logQueued(id);
  }

  /** Starts what waits in sessions in which nothing runs. */
  async startWaiting(): Promise<void> {
    const where = { status: 'QUEUED' } as const;
    const waiting = await this.#options.database.run.groupBy({ by: ['sessionId'], where });
    for (const { sessionId } of waiting) await this.#live.startNext(sessionId);
  }

  /** Takes no more runs, lets the live ones finish for `graceMs`, then cancels them. */
  drain(graceMs: number): Promise<void> {
    return this.#live.drain(graceMs);
  }

  async #send(input: SendInput): Promise<Run> {
    const { database, models, maxQueuedRuns } = this.#options;
    const { sessionId } = input;
    const session = await database.session.findUnique({ where: { id: sessionId } });
    if (session === null) throw sessionNotFound(sessionId);
    // A model belongs to its provider: the session's model means nothing to another one.
    const chosen = (input.providerName ?? input.modelName) ? input : session;
    const model = await resolveModel(models, {
      providerName: chosen.providerName ?? session.providerName,
      modelName: chosen.modelName,
    });
    // Not before: asking a provider which models it has can take seconds.
    if (!this.#live.isOpen) {
      throw new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down; send again in a moment.');
    }
    const { run, opened, place } = await this.#open({ ...input, model, maxQueued: maxQueuedRuns }, session);
    if (!opened) return run;
    const announced = this.#announce(run);
    if (place) this.#live.launch(run, place, input.log, announced);
    else await this.#enqueue(run, input.onBusy);
    await announced;
    if (run.status === 'RUNNING') return run;
    // Its turn may have come.
    return (await database.run.findUnique({ where: { id: run.id } })) ?? run;
  }

  /** Opens a run, with a place if it is to start at once. */
  async #open(options: Omit<OpenRunOptions, 'claimPlace'>, { userId }: { userId: string }) {
    let place: Disposable | undefined;
    const claimPlace = () => {
      place = this.#live.places.claim(userId);
    };
    try {
      const { run, opened } = await openRun(this.#options.database, { ...options, claimPlace });
      if (opened) return { run, opened, place };
      place?.[Symbol.dispose]();
      return { run, opened };
    } catch (error) {
      place?.[Symbol.dispose]();
      throw error;
    }
  }

  /** Tells those who watch the session of the new messages. */
  async #announce({ sessionId, userMessageId, assistantMessageId }: Run): Promise<void> {
    const ids = [userMessageId, assistantMessageId].filter((id) => id !== null);
    const changes = ids.map((messageId) => ({ type: 'MessageAdded' as const, messageId }));
    await this.#options.sessionLog.append(sessionId, ...changes);
  }

  async #enqueue(run: Run, onBusy: OnBusy): Promise<void> {
    await this.#logQueued(run.id);
    if (onBusy === 'INTERRUPT') await this.cancelSession(run.sessionId, run.id);
    await this.#live.startNext(run.sessionId);
  }

  async #logQueued(runId: number): Promise<void> {
    await this.#options.runLog.append(runKey(runId), { type: 'RunQueued', runId });
    this.#options.bus.ring(runKey(runId));
  }
}

export function runNotFound(runId: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no run ${runId}.`);
}

function overloaded(): GatewayError {
  const message = 'The gateway has too much to do to take another prompt; try again in a moment.';
  return tryAgain('OVERLOADED', message, { limit: 'MAX_EVENT_LOOP_DELAY_MS', retryAfter: 2 });
}

async function* nothing(): AsyncGenerator<never> {}

async function resolveModel(models: Models, choice: ModelChoice): Promise<ResolvedModel> {
  try {
    return await models.resolve(choice);
  } catch (error) {
    if (error instanceof ProviderError) throw new GatewayError('MODEL_UNAVAILABLE', error.message);
    throw error;
  }
}
