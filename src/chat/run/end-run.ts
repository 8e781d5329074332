import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { MessageStatus, Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { SessionLog } from '../log/session-log.ts';
import { type RunFailure, runFailureCodes, type TerminalRunEventBody } from '../run-event.ts';
import { countTokens } from '../tokens.ts';
import { type FinishedRun, finishRun } from './finish-run.ts';
import type { RunOutcome } from './run.ts';

/** Between two tries to save an ended run: a full disk, say, may be made room on. */
const retryMs = 1_000;
/** From this try on, whoever follows is told, and only the saving goes on. */
const triesBeforeTelling = 5;

export interface EndRunOptions {
  database: Database;
  sessionLog: SessionLog;
  log: Logger;
  /** How long an ended run's log stays readable. */
  runLogTtlMs: number;
  /** Estimated tokens of what the model was shown. */
  promptTokens: number;
  /** Aborts when the gateway closes: a run that cannot be saved until then is found at the next start. */
  closing: AbortSignal;
}

/** Saves how a run ended, then tells its followers. Tries until it is saved. */
export async function endRun(
  run: Run,
  writer: RunWriter,
  outcome: RunOutcome,
  options: EndRunOptions,
): Promise<void> {
  const { log, closing } = options;
  let finished = await describe(run, writer, outcome, options.promptTokens);
  for (let tries = 1; ; tries += 1) {
    try {
      await finishRun(options.database, finished);
      break;
    } catch (error) {
      log.error({ err: error, tries }, 'an ended run could not be saved');
      if (tries === triesBeforeTelling) {
        finished = { ...finished, status: 'FAILED', messageStatus: 'FAILED', failure: notSaved };
        await tell(run, writer, finished, options);
      }
      if (closing.aborted) break;
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

async function describe(
  run: Run,
  { content, reasoning, usage, lastSeq }: RunWriter,
  outcome: RunOutcome,
  promptTokens: number,
): Promise<FinishedRun> {
  const contextTokens =
    outcome.status === 'COMPLETED' ? outcome.contextTokens : promptTokens + (await countTokens(content));
  const base = { run, content, reasoning, usage, contextTokens, lastSeq: lastSeq + 1 };
  const { status } = outcome;
  if (status !== 'FAILED') return { ...base, status, messageStatus: messageStatuses[status] };
  const failure = { code: outcome.code, reason: outcome.reason };
  return {
    ...base,
    status,
    failure,
    messageStatus: outcome.code === 'INTERRUPTED' ? 'INTERRUPTED' : 'FAILED',
  };
}

const messageStatuses = { COMPLETED: 'COMPLETE', CANCELLED: 'CANCELLED' } satisfies Record<
  string,
  MessageStatus
>;

function terminalBody({ run, status, usage, failure }: FinishedRun): TerminalRunEventBody {
  const shared = { messageId: run.assistantMessageId, usage };
  if (status === 'COMPLETED') return { type: 'RunCompleted', ...shared };
  if (status === 'CANCELLED') return { type: 'RunCancelled', ...shared };
  const { code, reason } = failure ?? { code: 'INTERNAL', reason: runFailureCodes.INTERNAL };
  return { type: 'RunFailed', ...shared, code, reason };
}
