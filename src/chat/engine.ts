import { createStartingSignal } from '../base/starting-signal.ts';
import type { Actor } from '../changes/audit.ts';
import { GatewayError } from '../errors.ts';
import type { Run, Session, ToolCall } from '../generated/prisma/client.ts';
import type { CancelCause } from '../generated/prisma/enums.ts';
import { RunSlots } from '../limits/run-slots.ts';
import { SharedRoom } from '../limits/shared-room.ts';
import { findSession } from '../storage/find-session.ts';
import { idList } from '../storage/statements/dialect.ts';
import { runById, runsByIds, visibleRunById } from '../storage/statements/run-states.ts';
import type { EngineOptions } from './engine-options.ts';
import { followAfter } from './follow-after.ts';
import type { RunEvent } from './log/run-event.ts';
import { RefusalMemory } from './models/refusals/refusal-memory.ts';
import { PromptSender, type SendInput } from './prompt-sender.ts';
import { cancelQueuedRun } from './run/cancel-queued-run.ts';
import { executeRun } from './run/execute-run.ts';
import { LeftRuns } from './run/left-runs.ts';
import { LiveRuns } from './run/live-runs.ts';
import type { ResumePoint } from './run/resume-point.ts';
import { RunRecovery } from './run/run-recovery.ts';
import { RunTraces } from './run/run-traces.ts';
import { StopRequests } from './run/stop-requests.ts';
import { runOfAnswer } from './steering/run-of-answer.ts';
import { answerCall, type ClientAnswer } from './tool-calls/answer-call.ts';
import { Approvals } from './tool-calls/approvals.ts';
import { type ClientDecision, decideCall } from './tool-calls/decide-call.ts';
import { revokeGrant } from './tool-calls/grants/revoke-grant.ts';

export interface CancelReceipt {
  /** Whether there was a live run and it was cancelled. */
  cancelled: boolean;
  run: Run | null;
}

/** Starts, follows, cancels and recovers runs. A run belongs to the engine: it continues when its client leaves. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #live: LiveRuns;
  readonly #sender: PromptSender;
  readonly #left: LeftRuns;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { statements, lease, models, tools, runLog, changes, bus, checkpointer, quotas, blobs } = options;
    const { metrics, traces, log } = options;
    const { run: limits, maxQueuedRuns, resumeRuns, attachments } = options.limits;
    const { runLogTtlMs, toolStopMs } = limits;
    const slots = new RunSlots(options.limits.slots, options.liveRunsOfUsers);
    const { rings, pollMs } = options;
    const approvals = new Approvals({ statements, changes, bus: rings, pollMs, log });
    const shared = { statements, changes, runLog, bus };
    const { summaryTimeoutMs } = options.limits;
    const compaction = { summaryTimeoutMs, failed: new RefusalMemory<true>() };
    const attachmentRoom = new SharedRoom(options.limits.attachmentRoom);
    const asked = { models, tools, approvals, compaction, budgets: options.budgets, attachmentRoom };
    const { onAnswered } = options;
    const onEnded = metrics?.runEnded;
    const parts = { ...shared, ...asked, onAnswered, onEnded, checkpointer, quotas, blobs, metrics, limits };
    const runTraces = traces && new RunTraces(traces);
    const execute = runTraces ? runTraces.execute.bind(runTraces) : executeRun;
    const live = new LiveRuns({
      statements,
      lease,
      stops: new StopRequests({ statements, lease, bus: options.rings }),
      slots,
      runLog,
      changes,
      execute: (run, context) =>
        execute(run, { ...parts, ...context }).finally(() => options.searchBacklog.collect()),
      cancelQueued: (runId, cause) =>
        cancelQueuedRun(runId, cause, { statements, runLog, changes, bus, runLogTtlMs }),
      resumeRuns,
      toolStopMs,
      log,
    });
    this.#live = live;
    /** Given when the gateway serves requests. */
    const serving = createStartingSignal();
    const resume = (point: ResumePoint) => live.resume(point, serving.given);
    const recovery = new RunRecovery({ ...options, runLogTtlMs, resumeRuns, resume });
    const { isOverloaded } = options;
    const onQueued = runTraces?.keep.bind(runTraces);
    const sending = { live, slots, quotas, maxQueuedRuns, attachments, isOverloaded, onQueued };
    const sender = new PromptSender({ statements, lease, models, runLog, changes, bus, log, ...sending });
    this.#sender = sender;
    const logQueued = (id: number) => sender.logQueued(id);
    this.#left = new LeftRuns({ ...options, live, recovery, begin: () => serving.give(), logQueued });
  }

  /**
   * Sends a prompt. When the request id was used before, it sends nothing and returns the run that exists.
   *
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT, RUN_IN_PROGRESS, REQUEST_ID_REUSED, RATE_LIMITED,
   *   QUOTA_EXCEEDED, MODEL_UNAVAILABLE, OVERLOADED, SHUTTING_DOWN.
   */
  async send(input: SendInput): Promise<Run> {
    return this.#sender.send(input);
  }

  /**
   * Sends a prompt and follows its run, as `send` and `follow` do. A cursor is only valid for a run that exists, so a
   * new prompt with a cursor is refused.
   *
   * @throws GatewayError as `send` and `follow` do.
   */
  async chat(input: SendInput, after: number, signal: AbortSignal): Promise<AsyncIterable<RunEvent>> {
    return this.#follow(await this.#sender.send(input, after), after, signal);
  }

  /**
   * Follows a run: the run events of the log after the cursor, then live ones, up to the terminal run event.
   *
   * @param splitAt A delta with this seq is not merged with the one behind it.
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT when the cursor lies in the future.
   */
  async follow(
    runId: number,
    after: number,
    signal: AbortSignal,
    splitAt?: number,
  ): Promise<AsyncIterable<RunEvent>> {
    const run = await this.#findRun(runId);
    return followAfter(run, after, { ...this.#options, signal, splitAt });
  }

  /**
   * Cancels a run and waits until it has ended, with its partial answer saved. For a prompt that has joined the answer of
   * another run, this is that run.
   *
   * @throws GatewayError NOT_FOUND; INSUFFICIENT_STORAGE or OVERLOADED when the run was stopped and its end cannot be
   *   saved yet.
   */
  async cancelRun(runId: number): Promise<CancelReceipt> {
    const { statements } = this.#options;
    const before = await runOfAnswer(statements, await this.#findRun(runId));
    if (before.finishedAt !== null) return { cancelled: false, run: before };
    await this.#live.cancel(before, 'USER');
    const run = await statements.get(runById, [before.id]);
    // Its prompt may just have joined the answer of another run.
    if (run && run.steeredSeq !== null) return this.cancelRun(runId);
    return { cancelled: run?.status === 'CANCELLED', run: run ?? null };
  }

  /**
   * Cancels the live run of a session and its queued runs, as `cancelSession` does. The receipt is for the live run.
   *
   * @throws GatewayError as `cancelRun` does.
   */
  async cancelCurrent(sessionId: number): Promise<CancelReceipt> {
    const { statements } = this.#options;
    await findSession(statements, sessionId);
    const ids = await this.cancelSession(sessionId, 'USER');
    const runs = await statements.all(runsByIds, [idList(ids)]);
    return { cancelled: runs.some(({ status }) => status === 'CANCELLED'), run: runs[0] ?? null };
  }

  /**
   * Cancels the live run of a session, its queued runs, and the runs of prompts that are being sent at this moment: a
   * cancellation must not overtake the prompt that it is meant for while the gateway looks up its session and model.
   */
  async cancelSession(sessionId: number, cause: CancelCause): Promise<number[]> {
    await this.#sender.arrived(sessionId);
    return this.#live.cancelSession(sessionId, cause);
  }

  /**
   * Approves or denies a tool call that waits for it. Repeating the same decision is allowed.
   *
   * @param signal Aborts when the client does not wait any more.
   * @returns The call after the decision.
   * @throws GatewayError as `decideCall` does.
   */
  async decideToolCall(
    { runId, callId }: { runId: number; callId: string },
    decided: ClientDecision,
    signal: AbortSignal,
  ): Promise<ToolCall> {
    const { statements, changes, tools, rings: bus } = this.#options;
    const run = await this.#findRun(runId);
    return decideCall({ statements, changes, tools, bus, run, callId, decided, signal });
  }

  /**
   * Takes the result of a tool call that a client runs, or the answer to a question of the model. Repeating the same
   * answer is allowed.
   *
   * @returns The call after the answer.
   * @throws GatewayError as `answerCall` does.
   */
  async answerToolCall(
    { runId, callId }: { runId: number; callId: string },
    answer: ClientAnswer,
  ): Promise<ToolCall> {
    const { statements, changes, rings: bus } = this.#options;
    const run = await this.#findRun(runId);
    const maxBytes = this.#options.limits.maxClientResultBytes;
    return answerCall({ statements, changes, bus, run, callId, answer, maxBytes });
  }

  /** The names of the tools that nodes have, which no tool of a client can have. */
  get toolNames(): readonly string[] {
    return this.#options.tools.names;
  }

  /**
   * Ends a grant, so that its calls need an approval again.
   *
   * @returns The session that had it.
   * @throws GatewayError NOT_FOUND.
   */
  revokeGrant(id: number, actor?: Actor): Promise<Session> {
    return revokeGrant(this.#options, id, actor);
  }

  /**
   * Takes over or ends the runs that an earlier gateway left RUNNING, and opens the logs of those that go on. Call it
   * before the gateway listens, and `startWaiting` afterwards. Where there are other gateways, `watchOthers` does this.
   */
  async recover(): Promise<void> {
    await this.#left.recover();
  }

  /** Lets the runs begin that go on, and starts the oldest queued run of every session in which no run is live. */
  async startWaiting(): Promise<void> {
    await this.#left.startWaiting();
  }

  /**
   * Does what other gateways that use the database leave to this one, until the result is disposed: ends the runs of those
   * that have died, starts queued runs, and stops runs that they were asked to cancel.
   *
   * @param everyMs Milliseconds between two looks for gateways that have died.
   */
  watchOthers(everyMs: number): AsyncDisposable {
    return this.#left.watchOthers(everyMs);
  }

  /** Accepts no more prompts, lets the live runs finish for `graceMs` milliseconds, then cancels them. */
  async drain(graceMs: number): Promise<void> {
    await this.#live.drain(graceMs);
    this.#left.leaveQueued();
  }

  /** Cancels the live runs of an engine that drains, at once. */
  endGrace(): void {
    this.#live.endGrace();
  }

  /** The number of live runs that wait for nothing but decisions about tool calls. */
  get waitingRuns(): number {
    return this.#live.waiting;
  }

  /** The number of live runs. */
  get liveRuns(): number {
    return this.#live.size;
  }

  #follow(run: Run, after: number, signal: AbortSignal): Promise<AsyncIterable<RunEvent>> {
    return followAfter(run, after, { ...this.#options, signal });
  }

  async #findRun(id: number): Promise<Run> {
    const run = await this.#options.statements.get(visibleRunById, [id]);
    if (run === undefined) throw runNotFound(id);
    return run;
  }
}

export function runNotFound(runId: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no run ${runId}.`);
}
