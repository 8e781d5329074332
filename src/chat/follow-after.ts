import type { Bus } from '../bus/bus.ts';
import { GatewayError } from '../errors.ts';
import type { Run } from '../generated/prisma/client.ts';
import type { Lease } from '../lease/lease.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Reader } from '../storage/statements/statement.ts';
import { followJoined } from './log/follow-joined.ts';
import { followRun } from './log/follow-run.ts';
import { queuedSeq } from './log/open-run-log.ts';
import type { RunEvent } from './log/run-event.ts';
import { type RunLog, runKey } from './log/run-writer.ts';
import { seqsBeyondCheckpoint } from './run/save-interrupted-runs.ts';
import { runOfAnswer } from './steering/run-of-answer.ts';

export interface FollowAfterOptions {
  statements: Reader;
  runLog: RunLog;
  lease: Pick<Lease, 'isShared'>;
  /** The bus of the run logs. */
  bus: Bus;
  /** How long a follower waits for a ring before it reads the log again, in milliseconds. */
  pollMs: number;
  metrics?: Metrics | undefined;
  signal: AbortSignal;
  /** A delta with this seq is not merged with the one behind it. */
  splitAt?: number | undefined;
}

/**
 * Follows a run after a cursor: see `followRun`. Where its prompt joins the answer of another run, the follower gets the run
 * events of that run from there on.
 *
 * @throws GatewayError BAD_USER_INPUT when the cursor lies in the future.
 */
export async function followAfter(
  sent: Run,
  after: number,
  { statements, runLog, lease, bus, pollMs, metrics, signal, splitAt }: FollowAfterOptions,
): Promise<AsyncIterable<RunEvent>> {
  const run = await runOfAnswer(statements, sent);
  const lastSeq = await lastSeqOf(run, runLog, lease);
  if (after < 0 || after > lastSeq) {
    const message = `after must be the seq of a run event already seen: 0 to ${lastSeq} for this run.`;
    throw new GatewayError('BAD_USER_INPUT', message, { field: 'after' });
  }
  if (run.finishedAt !== null && after >= run.lastSeq) return nothing();
  const options = { statements, log: runLog, bus, pollMs, metrics, splitAt };
  if (sent.steersId === null) return followRun(options, run.id, after, signal);
  // A cursor that comes before the prompt joined is one of the queue.
  return followJoined(options, run.id, Math.max(after, (sent.steeredSeq ?? 0) - 1), signal);
}

/** The greatest seq that a follower can have seen. */
async function lastSeqOf(run: Run, runLog: RunLog, { isShared }: Pick<Lease, 'isShared'>): Promise<number> {
  const key = runKey(run.id);
  const lastSeq = (await runLog.lastSeq(key)) ?? run.lastSeq;
  if (run.finishedAt !== null) return Math.max(lastSeq, run.lastSeq);
  // The gateway that executes the run may have told its own followers more than it has shipped.
  if (isShared && !runLog.isOpen(key)) return lastSeq + seqsBeyondCheckpoint;
  // Who watches the session may be told of the start of a run before `RunStarted` is in its log.
  return Math.max(lastSeq, queuedSeq + 1);
}

async function* nothing(): AsyncGenerator<never> {}
