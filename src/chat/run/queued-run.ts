import type { Bus } from '../../bus/bus.ts';
import type { Database } from '../../storage/database.ts';
import { type RunLog, RunWriter, runKey } from '../log/run-writer.ts';
import type { SessionLog } from '../log/session-log.ts';
import { noUsage } from '../usage/usage.ts';
import { finishRun } from './store-end.ts';

export interface QueuedRunOptions {
  database: Database;
  runLog: RunLog;
  sessionLog: SessionLog;
  bus: Bus;
  runLogTtlMs: number;
}

/** Cancels a run that still waits for its turn. Returns false when it does not, or no longer. */
export async function cancelQueuedRun(
  runId: number,
  { database, runLog, sessionLog, bus, runLogTtlMs }: QueuedRunOptions,
): Promise<boolean> {
  const run = await database.run.findUnique({ where: { id: runId } });
  if (run?.status !== 'QUEUED') return false;
  const usage = noUsage(run);
  const lastSeq = ((await runLog.lastSeq(runKey(runId))) ?? 0) + 1;
  const state = { content: '', reasoning: '', contextTokens: 0, lastSeq, usage };
  const ended = await finishRun(
    database,
    { run, status: 'CANCELLED', messageStatus: 'CANCELLED', ...state },
    'QUEUED',
  );
  if (!ended) return false;
  const writer = new RunWriter(run, usage, { log: runLog, bus });
  await writer.end({ type: 'RunCancelled', messageId: run.assistantMessageId, usage }, runLogTtlMs);
  await sessionLog.append(run.sessionId, { type: 'RunEnded', runId });
  return true;
}
