import type { ChangeLog } from '../../changes/change-log.ts';
import { idList } from '../../storage/statements/dialect.ts';
import {
  addInterruptedUsage,
  cancelToolCallsOfAll,
  countInterrupted,
  interruptAnswers,
  interruptRuns,
} from '../../storage/statements/interrupted-runs.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { runFailureCodes } from '../log/run-event.ts';
import type { TokenCounts } from '../usage/usage.ts';

/** A run whose gateway has died, with its tokens as the next gateway estimates them. */
export interface InterruptedRun extends TokenCounts {
  id: number;
  /** The run is saved only if it has this fence still. */
  fence: number;
  sessionId: number;
  /** The answer, which keeps the text of its last checkpoint; null if it was deleted. */
  messageId: number | null;
  providerName: string;
  modelName: string;
  /** Tokens of the text of the answer. */
  contentTokens: number;
}

/**
 * More run events than any run writes between two checkpoints. Added to the last checkpoint's seq, it gives the terminal
 * run event of an interrupted run a seq above every cursor that a follower had before the crash.
 */
export const seqsBeyondCheckpoint = 1_000_000;

/**
 * Saves that RUNNING runs have ended as FAILED / INTERRUPTED, and tells their followers: what `saveRunEnd` saves, for many
 * runs in one transaction.
 */
export async function saveInterruptedRuns(
  { statements, changes }: { statements: Statements; changes: ChangeLog },
  runs: readonly InterruptedRun[],
): Promise<void> {
  const told = await statements.transaction(async (tx) => {
    const now = new Date();
    const failure = [runFailureCodes.INTERRUPTED, seqsBeyondCheckpoint, now, JSON.stringify(runs)];
    const ended = new Set((await tx.all(interruptRuns, failure)).map(({ id }) => id));
    const own = runs.filter(({ id }) => ended.has(id));
    const json = JSON.stringify(own);
    const answers = idList(own.flatMap(({ messageId }) => messageId ?? []));
    await tx.run(interruptAnswers, [json]);
    await tx.run(cancelToolCallsOfAll, [answers]);
    await tx.run(countInterrupted, [now, now, json]);
    await tx.run(addInterruptedUsage, [json]);
    return changes.write(
      tx,
      own.map(({ id, sessionId }) => ({ kind: 'RunEnded', sessionId, runId: id })),
    );
  });
  changes.ring(told);
}
