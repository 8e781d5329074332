import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { CancelCause } from '../../generated/prisma/enums.ts';
import { runById } from '../../storage/statements/run-states.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { openRunLog, queuedSeq } from '../log/open-run-log.ts';
import type { RunEnd } from '../log/run-event.ts';
import { holdUnowned } from '../log/run-hold.ts';
import { type RunLog, RunWriter } from '../log/run-writer.ts';
import { noUsage } from '../usage/usage.ts';
import { announceEnd } from './end-run.ts';
import { saveRunEnd } from './save-run-end.ts';

export interface CancelQueuedRunOptions {
  statements: Statements;
  runLog: RunLog;
  changes: ChangeLog;
  bus: Bus;
  /** How long the log of an ended run stays readable, in milliseconds. */
  runLogTtlMs: number;
}

/** Cancels a run if it is still QUEUED. Returns whether it was. */
export async function cancelQueuedRun(
  runId: number,
  cancelCause: CancelCause,
  options: CancelQueuedRunOptions,
): Promise<boolean> {
  const { statements, runLog, changes, bus, runLogTtlMs } = options;
  const run = await statements.get(runById, [runId]);
  if (run?.status !== 'QUEUED') return false;
  const end: RunEnd = { status: 'CANCELLED', cancelCause };
  const usage = noUsage(run);
  const lastSeq = queuedSeq + 1;
  const ended = { run, end, content: '', reasoning: '', hasCalls: false, contextTokens: 0, lastSeq, usage };
  const stored = await saveRunEnd({ statements, changes }, ended, 'QUEUED');
  if (!stored) return false;
  openRunLog(runLog, run, { wasQueued: true });
  const hold = holdUnowned(run);
  await announceEnd(new RunWriter(run, usage, { log: runLog, bus, hold }), ended, { runLogTtlMs });
  changes.ring(stored.told);
  return true;
}
