import type { Run } from '../../generated/prisma/client.ts';
import { type RunLog, runKey } from './run-writer.ts';

/** The seq of `RunQueued`, which is always the first run event of a run that had to wait. */
export const queuedSeq = 1;

export interface OpenRunLogOptions {
  /** Whether the run waited in the queue. */
  wasQueued: boolean;
  /** Called once when another gateway has begun to write the log. */
  onFenced?: () => void;
}

/**
 * Lets this gateway write the log of a run, from its first run event on. `RunQueued` is there already, unless another
 * gateway has queued the run and it was lost.
 */
export function openRunLog(log: RunLog, run: Pick<Run, 'id' | 'fence'>, options: OpenRunLogOptions): void {
  const key = runKey(run.id);
  const { onFenced } = options;
  log.open(key, { fence: run.fence, lastSeq: 0, ...(onFenced && { onFenced }) });
  if (!options.wasQueued) return;
  // A log that is open here is read at once.
  const first = log.read(key, 0, 1);
  if (Array.isArray(first) && first.length === 0) log.append(key, { type: 'RunQueued', runId: run.id });
}
