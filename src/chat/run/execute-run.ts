import type { Logger } from 'pino';
import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { NoRoomError, type SharedRoom } from '../../limits/shared-room.ts';
import type { EndedRun, Metrics } from '../../metrics/metrics.ts';
import { isDiskFull } from '../../storage/failure/disk-full.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import { findSession } from '../../storage/find-session.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { ToolRunner } from '../../tools/tool-runner.ts';
import type { Budgets } from '../budgets/budgets.ts';
import { waitForBudget } from '../budgets/wait-for-budget.ts';
import { Compaction, type SharedCompaction } from '../compaction/compaction.ts';
import { runFailureCodes } from '../log/run-event.ts';
import type { RunHold } from '../log/run-hold.ts';
import { type RunLog, RunWriter } from '../log/run-writer.ts';
import { ProviderError } from '../models/failure/provider-error.ts';
import type { Models, ResolvedModel } from '../models/models.ts';
import { mergeSettings } from '../models/settings/model-settings.ts';
import { readSettings } from '../models/settings/stored-settings.ts';
import type { SteerNote } from '../steering/steer-note.ts';
import type { Approvals } from '../tool-calls/approvals.ts';
import { toolsOfRun } from '../tool-calls/client-tools/run-tools.ts';
import type { OpenCalls } from '../tool-calls/open-calls.ts';
import type { UploadedBlobs } from '../uploads/uploaded-blobs.ts';
import { addUsage, noUsage, usageOf } from '../usage/usage.ts';
import { causeOf } from './cancellation.ts';
import type { Checkpointer } from './checkpoint.ts';
import { endRun } from './end-run.ts';
import { logOutcome, type RunOutcome } from './log-outcome.ts';
import type { ResumePoint } from './resume-point.ts';
import type { RunLimits } from './run-limits.ts';
import { runSteps } from './run-steps.ts';

/** The session's settings for a run. */
export interface RunSetup {
  /** The user of the session. */
  userId: string;
  systemPrompt: string | null;
  model: ResolvedModel;
}

export interface ExecuteRunOptions {
  statements: Statements;
  models: Models;
  tools: ToolRunner;
  approvals: Approvals;
  runLog: RunLog;
  changes: ChangeLog;
  bus: Bus;
  checkpointer: Checkpointer;
  quotas: Pick<Quotas, 'add'>;
  /** The bytes of attachments. */
  blobs: Pick<UploadedBlobs, 'store'>;
  /** What is left for the attachments that are being sent to models. */
  attachmentRoom: SharedRoom;
  limits: RunLimits;
  compaction: SharedCompaction;
  budgets: Budgets;
  metrics?: Metrics | undefined;
  log: Logger;
  /** Undefined for a run that waited in the queue: then it is looked up when the run starts. */
  setup: RunSetup | undefined;
  /** Set for a run that another gateway has executed. */
  resumed: ResumePoint | undefined;
  openCalls: OpenCalls;
  /** Is set when a prompt may wait to join the answer. */
  steerNote: SteerNote;
  /** The right of this gateway to write the run. */
  hold: RunHold;
  /** Aborts with a `Cancellation` when the run is cancelled, and with a `RunLostError` when it is lost. */
  signal: AbortSignal;
  /** Aborts when the gateway closes. */
  closing: AbortSignal;
  /** Called with the database's error when the run has ended and its end is not saved yet. */
  onUnsaved: (cause: unknown) => void;
  /** Called when the end of the run is stored and told. Undefined where nobody counts runs. */
  onEnded?: ((ended: EndedRun) => void) | undefined;
  /** Called when the end of a completed run is stored and told. Undefined where nobody wants to know. */
  onAnswered?: ((run: Run, answer: string) => void) | undefined;
}

/**
 * Takes a RUNNING run from its first run event to its terminal one, or to the moment at which another gateway has taken it
 * over. Never throws.
 */
export async function executeRun(run: Run, options: ExecuteRunOptions): Promise<void> {
  const { statements, changes, quotas, limits, hold, onEnded, closing, onUnsaved } = options;
  const log = options.log.child({ runId: run.id, sessionId: run.sessionId });
  const writer = openWriter(run, options);
  try {
    using _ = options.checkpointer.track(writer);
    const outcome = await answerPrompt(run, writer, { ...options, log });
    if (hold.isLost) return;
    await logOutcome(log, run, outcome, statements);
    const { runLogTtlMs } = limits;
    const end = { statements, changes, quotas, log, runLogTtlMs, closing, onUnsaved };
    await endRun(run, writer, outcome, end);
    if (outcome.status === 'COMPLETED') options.onAnswered?.(run, writer.content);
    onEnded?.(toEndedRun(run, outcome, writer));
  } catch (error) {
    if (hold.isLost) return;
    log.fatal({ err: error }, 'a run could not be ended');
  }
}

function openWriter(run: Run, { runLog, bus, hold, resumed, metrics }: ExecuteRunOptions): RunWriter {
  const onFirstWords = () => metrics?.firstWords(run.providerName, secondsSince(run.createdAt));
  const parts = { log: runLog, bus, hold, ...(metrics && !resumed && { onFirstWords }) };
  const writer = new RunWriter(run, noUsage(run), parts);
  if (resumed === undefined) return writer;
  const { content, reasoning, calls, isWaiting, lostTokens } = resumed;
  Object.assign(writer, { content, reasoning, lastSeq: run.lastSeq });
  for (const { callId } of calls) writer.callIds.add(callId);
  // No provider will report the tokens of an answer that was broken off.
  const lost = { ...noUsage(run), outputTokens: lostTokens, measured: isWaiting };
  writer.usage = addUsage(usageOf(run), lost);
  return writer;
}

function toEndedRun(run: Run, outcome: RunOutcome, { usage }: RunWriter): EndedRun {
  return {
    providerName: run.providerName,
    status: outcome.status,
    code: outcome.status === 'FAILED' ? outcome.code : '',
    seconds: secondsSince(run.startedAt ?? run.createdAt),
    tokens: {
      input: usage.inputTokens,
      cached_input: usage.cachedInputTokens,
      cache_write_input: usage.cacheWriteInputTokens,
      output: usage.outputTokens,
      reasoning: usage.reasoningTokens,
    },
  };
}

function secondsSince(moment: Date): number {
  return (Date.now() - moment.getTime()) / 1_000;
}

async function answerPrompt(run: Run, writer: RunWriter, options: ExecuteRunOptions): Promise<RunOutcome> {
  const { statements, approvals, changes, limits, log, signal, resumed, openCalls } = options;
  const { runLog, bus, steerNote } = options;
  const { sessionId, userMessageId, assistantMessageId } = run;
  try {
    if (userMessageId === null || assistantMessageId === null)
      return { status: 'CANCELLED', cancelCause: 'DELETED' };
    await tellStart(writer, { sessionId, userMessageId, assistantMessageId }, resumed);
    // The prompt was accepted, so a server of the database that restarts must not make its run fail.
    const patiently = <T>(work: () => Promise<T>) => untilStored(work, options);
    const { userId, systemPrompt, model } = options.setup ?? (await patiently(() => setUp(run, options)));
    const paying = { id: run.id, sessionId, pausedUntil: run.pausedUntil, userId };
    const passBudget = () => waitForBudget(paying, writer, options);
    // A run whose tools have not ended asks its model only when they have.
    if (!resumed?.isWaiting) await passBudget();
    const tools = await patiently(() => toolsOfRun(run, statements, options.tools));
    const offered = await patiently(() => tools.offer(sessionId));
    const shown = { userMessageId, assistantMessageId, systemPrompt, offered, model };
    const parts = { statements, quotas: options.quotas, sessionId, model, writer, signal, log };
    const shared = options.compaction;
    const compaction = new Compaction({ ...parts, shared, callLimits: limits.call });
    const history = await patiently(() => compaction.readHistory({ statements, sessionId, ...shown }));
    writer.contextTokens = history.tokens;
    const files = {
      fileStore: options.blobs.store,
      admitFiles: (bytes: number) => admitFiles(bytes, run, options),
    };
    const told = { systemPrompt, history, compaction, offered, ...files };
    const call = { sessionId, model, ...told, writer, resumed, openCalls };
    const steering = { runLog, bus, steerNote };
    const shares = { statements, tools, approvals, changes, limits, log, signal, passBudget };
    return await runSteps({ ...shares, ...call, ...steering });
  } catch (error) {
    return signal.aborted ? { status: 'CANCELLED', cancelCause: causeOf(signal) } : failed(error);
  }
}

/** @throws ProviderError OVERLOADED; the signal's reason. */
async function admitFiles(
  bytes: number,
  { sessionId }: Run,
  { statements, attachmentRoom, signal }: ExecuteRunOptions,
): Promise<Disposable> {
  const { userId } = await findSession(statements, sessionId);
  try {
    return await attachmentRoom.enter(userId, bytes, signal);
  } catch (cause) {
    throw cause instanceof NoRoomError ? new ProviderError('OVERLOADED', undefined, { cause }) : cause;
  }
}

async function tellStart(
  writer: RunWriter,
  ids: { sessionId: number; userMessageId: number; assistantMessageId: number },
  resumed: ResumePoint | undefined,
): Promise<void> {
  if (resumed === undefined) {
    await writer.write({ type: 'RunStarted', ...ids });
    return;
  }
  const { content, reasoning } = resumed;
  const offsets = { textOffset: content.length, reasoningOffset: reasoning.length };
  await writer.write({ type: 'RunResumed', content, reasoning, ...offsets });
}

/** The outcome for a thrown error: a provider's failure keeps its code, an unexpected error becomes `INTERNAL`. */
function failed(cause: unknown): RunOutcome {
  if (cause instanceof ProviderError) {
    const { code, message, retryAt } = cause;
    return { status: 'FAILED', code, reason: message, retryAt, cause };
  }
  // `Models.resolve` throws a GatewayError when the provider or the model was removed after the prompt was sent.
  if (cause instanceof GatewayError)
    return { status: 'FAILED', code: 'PROVIDER_REJECTED', reason: cause.message };
  const reason = isDiskFull(cause) ? 'The disk of the gateway is full.' : runFailureCodes.INTERNAL;
  return { status: 'FAILED', code: 'INTERNAL', reason, cause };
}

async function setUp(run: Run, { statements, models }: ExecuteRunOptions): Promise<RunSetup> {
  const { userId, systemPrompt, ...session } = await findSession(statements, run.sessionId);
  const { providerName, modelName } = run;
  const settings = mergeSettings(readSettings(run.settings), readSettings(session.settings));
  return { userId, systemPrompt, model: await models.resolve({ providerName, modelName, settings }) };
}
