import type { Run } from '../../generated/prisma/client.ts';
import { type RunLog, runKey } from './run-writer.ts';

/** The seq of `RunQueued`, which is always the first run event of a run that had to wait. */
export const queuedSeq = 1;

export interface OpenRunLogOptions {
  /** Whether the run waited in the queue. */
  wasQueued: boolean;
  /** Whether the gateway goes on with a run of another one: then the log begins anew, behind `lastSeq` of the run. */
  isResumed?: boolean;
  /** Called once when another gateway has begun to write the log. */
  onFenced?: () => void;
}

/**
 * Lets this gateway write the log of a run, from its first run event on. `RunQueued` is there already, unless another
 * gateway has queued the run and it was lost.
 */
export function openRunLog(
  log: RunLog,
  run: Pick<Run, 'id' | 'fence' | 'lastSeq'>,
  options: OpenRunLogOptions,
): void {
  const key = runKey(run.id);
  const { onFenced, isResumed = false } = options;
  const lastSeq = isResumed ? run.lastSeq : 0;
  log.open(key, { fence: run.fence, lastSeq, ...(onFenced && { onFenced }) });
  if (!options.wasQueued) return;
  // A log that is open here is read at once.
  const first = log.read(key, 0, 1);
  if (Array.isArray(first) && first.length === 0) log.append(key, { type: 'RunQueued', runId: run.id });
}
