import type { FinishReason, MessageStatus, Run, RunStatus } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { RunFailure } from '../log/run-event.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import type { Usage } from '../usage/usage.ts';

/** Everything about an ended run that is kept. */
export interface FinishedRun {
  run: Pick<Run, 'id' | 'sessionId' | 'assistantMessageId'>;
  status: Extract<RunStatus, 'COMPLETED' | 'CANCELLED' | 'FAILED'>;
  messageStatus: MessageStatus;
  content: string;
  reasoning: string;
  /** The terminal run event's. */
  lastSeq: number;
  usage: Usage;
  /** Of a run that was completed. */
  finishReason?: FinishReason;
  failure?: RunFailure;
  /** What the conversation takes up of the model's context now. */
  contextTokens: number;
}

/**
 * Ends a run in one transaction: the message with all of its text, the run's row, and its tokens added to the
 * session's. Rows that have been deleted in the meantime are not missed.
 *
 * @param from The status the run must still have, else nothing happens.
 * @returns Whether the run was there to be ended.
 */
export async function finishRun(
  database: Database,
  finished: FinishedRun,
  from: 'RUNNING' | 'QUEUED' = 'RUNNING',
): Promise<boolean> {
  const { run, status, usage, failure, lastSeq } = finished;
  const tokenCount = await countTokens(finished.content);
  return database.$transaction(async (tx) => {
    const { count } = await tx.run.updateMany({
      where: { id: run.id, status: from },
      data: {
        status,
        lastSeq,
        ...countsOf(usage),
        usageMeasured: usage.measured,
        finishReason: finished.finishReason ?? null,
        errorCode: failure?.code ?? null,
        errorMessage: failure?.reason ?? null,
        finishedAt: new Date(),
      },
    });
    if (count === 0) return false;
    if (run.assistantMessageId !== null) {
      const { content, reasoning, messageStatus } = finished;
      await tx.message.updateMany({
        where: { id: run.assistantMessageId },
        data: { content, reasoning: reasoning || null, status: messageStatus, tokenCount },
      });
      await cancelToolCalls(tx, run.assistantMessageId);
    }
    await addToSession(tx, finished);
    return true;
  });
}

/** Of those that had not ended: nobody knows what became of one that ran, and one that waited never began. */
async function cancelToolCalls(tx: Pick<Database, 'toolCall'>, messageId: number): Promise<void> {
  await tx.toolCall.updateMany({
    where: { messageId, status: 'AWAITING_APPROVAL' },
    data: { status: 'CANCELLED', stopped: true },
  });
  await tx.toolCall.updateMany({
    where: { messageId, status: 'RUNNING' },
    data: { status: 'CANCELLED', stopped: false },
  });
}

async function addToSession(
  tx: Pick<Database, 'session' | 'modelUsage'>,
  { run: { sessionId }, usage, contextTokens }: FinishedRun,
): Promise<void> {
  const { providerName, modelName, measured } = usage;
  const counts = countsOf(usage);
  if (counts.inputTokens + counts.outputTokens > 0) {
    await tx.modelUsage.upsert({
      where: { sessionId_providerName_modelName: { sessionId, providerName, modelName } },
      create: { sessionId, providerName, modelName, measured, ...counts },
      update: {
        inputTokens: { increment: counts.inputTokens },
        outputTokens: { increment: counts.outputTokens },
        reasoningTokens: { increment: counts.reasoningTokens },
        cachedInputTokens: { increment: counts.cachedInputTokens },
        // One estimate makes the sum an estimate for good.
        ...(measured ? {} : { measured: false }),
      },
    });
  }
  const data = { updatedAt: new Date(), ...(contextTokens > 0 && { contextTokens }) };
  await tx.session.updateMany({ where: { id: sessionId }, data });
}

export function countsOf({ inputTokens, outputTokens, reasoningTokens, cachedInputTokens }: Usage) {
  return { inputTokens, outputTokens, reasoningTokens, cachedInputTokens };
}
