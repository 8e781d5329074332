import type { Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { runFailureCodes } from '../log/run-event.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { usageOf } from '../usage/usage.ts';
import { saveRunEnd } from './save-run-end.ts';

/**
 * More run events than any run writes between two checkpoints. Added to the last checkpoint's seq, it gives the terminal
 * run event of an interrupted run a seq above every cursor that a follower had before the crash.
 */
const seqsBeyondCheckpoint = 1_000_000;

/**
 * Ends the runs that a gateway left RUNNING when it died, as FAILED / INTERRUPTED with the text of their last
 * checkpoint. Their tokens are estimated, because no provider will report them any more.
 *
 * @returns The number of ended runs.
 */
export async function endOrphanedRuns(database: Database): Promise<number> {
  const orphans = await database.run.findMany({
    where: { status: 'RUNNING' },
    include: { assistantMessage: true },
  });
  for (const { assistantMessage, ...run } of orphans) {
    const content = assistantMessage?.content ?? '';
    const reasoning = assistantMessage?.reasoning ?? '';
    const usage = await estimateUsage(database, run, content, reasoning);
    await saveRunEnd(database, {
      run,
      end: { status: 'FAILED', code: 'INTERRUPTED', reason: runFailureCodes.INTERRUPTED },
      content,
      reasoning,
      lastSeq: run.lastSeq + seqsBeyondCheckpoint,
      usage,
      contextTokens: usage.inputTokens + usage.outputTokens,
    });
  }
  return orphans.length;
}

async function estimateUsage(database: Database, run: Run, content: string, reasoning: string) {
  const reasoningTokens = await countTokens(reasoning);
  const outputTokens = reasoningTokens + (await countTokens(content));
  return {
    ...usageOf(run),
    // Without a first checkpoint the input count is 0: add up the messages that the model was shown.
    inputTokens: run.inputTokens || (await countShown(database, run)),
    outputTokens: Math.max(run.outputTokens, outputTokens),
    reasoningTokens: Math.max(run.reasoningTokens, reasoningTokens),
    measured: false,
  };
}

async function countShown(database: Database, { sessionId, userMessageId }: Run): Promise<number> {
  const shown = await database.message.aggregate({
    where: { sessionId, id: { lte: userMessageId ?? 0 } },
    _sum: { tokenCount: true },
  });
  return shown._sum.tokenCount ?? 0;
}
