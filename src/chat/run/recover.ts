import type { Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { runFailureCodes } from '../log/run-event.ts';
import { usageOf } from '../log/stored-end.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { finishRun } from './store-end.ts';

/**
 * More run events than any run writes between two checkpoints. The terminal run event of an interrupted run
 * stands so far above the last checkpoint that no cursor from before the crash can be beyond it.
 */
const seqsBeyondCheckpoint = 1_000_000;

/**
 * Ends the runs that a gateway left behind when it died, with what their last checkpoint kept. Their tokens
 * are estimated, since no provider will report them any more.
 *
 * @returns How many there were.
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
    await finishRun(database, {
      run,
      status: 'FAILED',
      messageStatus: 'INTERRUPTED',
      content,
      reasoning,
      lastSeq: run.lastSeq + seqsBeyondCheckpoint,
      usage,
      failure: { code: 'INTERRUPTED', reason: runFailureCodes.INTERRUPTED },
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
    // The first checkpoint may not have come: then the messages tell how long the prompt was.
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
