import type { Run } from '../../generated/prisma/client.ts';
import { runById } from '../../storage/statements/run-states.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { usageOf } from '../usage/usage.ts';
import {
  type RunEnd,
  type RunEvent,
  type RunFailureCode,
  runFailureCodes,
  terminalBody,
  withGaps,
} from './run-event.ts';

/**
 * Reads the rest of an ended run from the database: one `HistoryGap` if the follower misses run events, then the
 * terminal run event. Of a run whose prompt has joined another answer, `RunJoined`.
 *
 * @param after The seq of the last run event already seen.
 * @returns Undefined while the run is live. An empty list for a run that was deleted or seen to its end.
 */
export async function readRunEnd(
  statements: Reader,
  runId: number,
  after: number,
): Promise<readonly RunEvent[] | undefined> {
  const run = await statements.get(runById, [runId]);
  if (run === undefined) return [];
  const at = (run.finishedAt ?? run.createdAt).getTime();
  const { steersId, steeredSeq } = run;
  if (steersId !== null && steeredSeq !== null) {
    return [{ type: 'RunJoined', runId, at, seq: Math.max(run.lastSeq, after + 1), steersId, steeredSeq }];
  }
  const end = endOf(run);
  if (end === undefined) return undefined;
  const body = terminalBody(end, run.assistantMessageId, usageOf(run));
  const terminal = { ...body, runId, at, seq: run.lastSeq };
  if (after >= run.lastSeq) return [];
  return withGaps([terminal], after);
}

function endOf({ status, finishReason, cancelCause, errorCode, errorMessage }: Run): RunEnd | undefined {
  switch (status) {
    case 'COMPLETED':
      return { status, finishReason: finishReason ?? 'OTHER' };
    case 'CANCELLED':
      return { status, cancelCause };
    case 'FAILED': {
      const code = errorCode as RunFailureCode;
      return { status, code, reason: errorMessage ?? runFailureCodes[code] };
    }
    default:
      return undefined;
  }
}
