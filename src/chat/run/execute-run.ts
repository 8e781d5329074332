import type { Logger } from 'pino';
import type { Bus } from '../../bus/bus.ts';
import { sessionNotFound } from '../../errors.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { ToolRunner } from '../../tools/tool-runner.ts';
import { readHistory } from '../history/history.ts';
import { type RunLog, RunWriter } from '../log/run-writer.ts';
import type { SessionLog } from '../log/session-log.ts';
import type { CallLimits } from '../models/call-model.ts';
import type { Models } from '../models/models.ts';
import type { Approvals } from '../tool-calls/approvals.ts';
import { noUsage } from '../usage/usage.ts';
import type { Checkpointer } from './checkpoint.ts';
import { endRun } from './end-run.ts';
import { failed, type RunOutcome, run as runModel } from './run-steps.ts';

export interface LiveRunOptions {
  database: Database;
  models: Models;
  tools: ToolRunner;
  approvals: Approvals;
  /** How long a tool call waits for somebody to decide. */
  toolApprovalTimeoutMs: number;
  /** How long a tool may take to stop once its run is cancelled. */
  toolStopMs: number;
  runLog: RunLog;
  sessionLog: SessionLog;
  bus: Bus;
  checkpointer: Checkpointer;
  log: Logger;
  limits: CallLimits;
  maxSteps: number;
  runLogTtlMs: number;
  /** Aborts when the gateway closes. */
  closing: AbortSignal;
}

/** Runs a RUNNING run from its first run event to its last. Never throws. */
export async function executeRun(run: Run, options: LiveRunOptions, signal: AbortSignal): Promise<void> {
  const log = options.log.child({ runId: run.id, sessionId: run.sessionId });
  const writer = new RunWriter(run, noUsage(run), { log: options.runLog, bus: options.bus });
  try {
    using _ = options.checkpointer.track(writer);
    const outcome = await answer(run, writer, { ...options, log }, signal);
    logOutcome(log, outcome);
    await endRun(run, writer, outcome, { ...options, log });
  } catch (error) {
    log.fatal({ err: error }, 'a run could not be ended');
  } finally {
    options.approvals.forget(run.id);
  }
}

async function answer(
  run: Run,
  writer: RunWriter,
  options: LiveRunOptions,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { database, models, tools, sessionLog } = options;
  const { sessionId, userMessageId, assistantMessageId } = run;
  try {
    if (userMessageId === null || assistantMessageId === null) return { status: 'CANCELLED' };
    const started = await writer.write({ type: 'RunStarted', sessionId, userMessageId, assistantMessageId });
    await sessionLog.append(sessionId, { type: 'RunStarted', started });
    const session = await database.session.findUnique({ where: { id: sessionId } });
    if (session === null) throw sessionNotFound(sessionId);
    const model = await models.resolve(run);
    const offered = await tools.offer(sessionId);
    const { systemPrompt } = session;
    const { contextLimit } = model;
    const shown = { userMessageId, systemPrompt, offered, contextLimit };
    const history = await readHistory({ database, sessionId, ...shown });
    writer.contextTokens = history.tokens;
    if (history.omittedMessages > 0) {
      await writer.write({ type: 'ContextTrimmed', omittedMessages: history.omittedMessages });
    }
    return await runModel({
      ...options,
      prompt: history.messages,
      sessionId,
      model,
      offered,
      writer,
      signal,
    });
  } catch (error) {
    return signal.aborted ? { status: 'CANCELLED' } : failed(error);
  }
}

function logOutcome(log: Logger, outcome: RunOutcome): void {
  if (outcome.status !== 'FAILED') log.info({ status: outcome.status }, 'run ended');
  else log.warn({ status: outcome.status, code: outcome.code, err: outcome.cause }, 'run failed');
}
