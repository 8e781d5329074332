import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { type RunFailure, runFailureCodes, type TerminalRunEventBody } from '../log/run-event.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { SessionLog } from '../log/session-log.ts';
import type { RunOutcome } from './run-steps.ts';
import { type FinishedRun, finishRun } from './store-end.ts';

/** Between two tries to save an ended run: a full disk, say, may be made room on. */
const retryMs = 1_000;
/** From this try on, or from the last one, whoever follows is told, and only the saving goes on. */
const triesBeforeTelling = 5;

export interface EndRunOptions {
  database: Database;
  sessionLog: SessionLog;
  log: Logger;
  /** How long an ended run's log stays readable. */
  runLogTtlMs: number;
  /** Aborts when the gateway closes: a run that cannot be saved until then is found at the next start. */
  closing: AbortSignal;
}

/** Saves how a run ended, then tells its followers. Tries until it is saved or the gateway closes. */
export async function endRun(
  run: Run,
  writer: RunWriter,
  outcome: RunOutcome,
  options: EndRunOptions,
): Promise<void> {
  const { log, closing } = options;
  let finished = describe(run, writer, outcome);
  for (let tries = 1; ; tries += 1) {
    try {
      await finishRun(options.database, finished);
      break;
    } catch (error) {
      log.error({ err: error, tries }, 'an ended run could not be saved');
      const isLast = closing.aborted;
      if (tries === triesBeforeTelling || (isLast && tries < triesBeforeTelling)) {
        finished = { ...finished, status: 'FAILED', messageStatus: 'FAILED', failure: notSaved };
        await tell(run, writer, finished, options);
      }
      if (isLast) return;
      await delay(retryMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  if (writer.lastSeq < finished.lastSeq) await tell(run, writer, finished, options);
}

const notSaved: RunFailure = { code: 'INTERNAL', reason: 'The answer could not be saved.' };

async function tell(
  run: Run,
  writer: RunWriter,
  finished: FinishedRun,
  options: EndRunOptions,
): Promise<void> {
  await writer.end(terminalBody(finished), options.runLogTtlMs);
  await options.sessionLog.append(run.sessionId, { type: 'RunEnded', runId: run.id });
}

function describe(run: Run, writer: RunWriter, outcome: RunOutcome): FinishedRun {
  const { content, reasoning, usage, contextTokens } = writer;
  const base = { run, content, reasoning, usage, contextTokens, lastSeq: writer.lastSeq + 1 };
  switch (outcome.status) {
    case 'COMPLETED':
      return { ...base, status: 'COMPLETED', messageStatus: 'COMPLETE', finishReason: outcome.finishReason };
    case 'CANCELLED':
      return { ...base, status: 'CANCELLED', messageStatus: 'CANCELLED' };
    case 'FAILED': {
      const failure = { code: outcome.code, reason: outcome.reason };
      return { ...base, status: 'FAILED', messageStatus: 'FAILED', failure };
    }
  }
}

function terminalBody({ run, status, usage, finishReason, failure }: FinishedRun): TerminalRunEventBody {
  const shared = { messageId: run.assistantMessageId, usage };
  if (status === 'COMPLETED')
    return { type: 'RunCompleted', ...shared, finishReason: finishReason ?? 'OTHER' };
  if (status === 'CANCELLED') return { type: 'RunCancelled', ...shared };
  const { code, reason } = failure ?? { code: 'INTERNAL', reason: runFailureCodes.INTERNAL };
  return { type: 'RunFailed', ...shared, code, reason };
}
