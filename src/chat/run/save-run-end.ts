import type { MessageStatus, Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { textBytes, toolCallBytes } from '../../storage/stored-bytes.ts';
import type { RunEnd } from '../log/run-event.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { countsOf, type Usage } from '../usage/usage.ts';

/** The data that is stored when a run ends. */
export interface EndedRun {
  run: Pick<Run, 'id' | 'sessionId' | 'userMessageId' | 'assistantMessageId'>;
  end: RunEnd;
  content: string;
  reasoning: string;
  /** The seq of the terminal run event. */
  lastSeq: number;
  usage: Usage;
  /** Tokens that the session now takes up in the model's context; 0 leaves the session's number as it is. */
  contextTokens: number;
}

/** What the answer of an ended run added to what a user has stored. */
export interface StoredAnswer {
  userId: string;
  /** The text, the reasoning, and the arguments and results of the tool calls. */
  bytes: number;
}

/**
 * Saves how a run ended, in one transaction: the message with its whole text, the run's row, and the run's tokens and
 * bytes added to the session's. Rows that were deleted in the meantime are skipped.
 *
 * @param from The status that the run must still have. Otherwise nothing is saved.
 * @returns Undefined if nothing was saved.
 */
export async function saveRunEnd(
  database: Database,
  ended: EndedRun,
  from: 'RUNNING' | 'QUEUED' = 'RUNNING',
): Promise<StoredAnswer | undefined> {
  const { run, end, usage, content, reasoning } = ended;
  const tokenCount = await countTokens(content);
  const finishReason = end.status === 'COMPLETED' ? end.finishReason : null;
  const cancelCause = end.status === 'CANCELLED' ? end.cancelCause : null;
  return database.$transaction(async (tx) => {
    const { count } = await tx.run.updateMany({
      where: { id: run.id, status: from },
      data: {
        status: end.status,
        lastSeq: ended.lastSeq,
        ...countsOf(usage),
        usageMeasured: usage.measured,
        finishReason,
        cancelCause,
        errorCode: end.status === 'FAILED' ? end.code : null,
        errorMessage: end.status === 'FAILED' ? end.reason : null,
        finishedAt: new Date(),
      },
    });
    if (count === 0) return undefined;
    let bytes = 0;
    if (run.assistantMessageId !== null) {
      const answers = await tx.message.updateMany({
        where: { id: run.assistantMessageId },
        data: {
          content,
          reasoning: reasoning || null,
          status: messageStatusOf(end),
          finishReason,
          cancelCause,
          tokenCount,
        },
      });
      await cancelToolCalls(tx, [run.assistantMessageId]);
      if (answers.count > 0) {
        bytes = textBytes(content, reasoning) + (await toolCallBytes(tx, run.assistantMessageId));
      }
    }
    if (from === 'QUEUED' && run.userMessageId !== null) {
      // The prompt was withdrawn: no model may be shown it.
      const data = { status: 'CANCELLED' as const, cancelCause };
      await tx.message.updateMany({ where: { id: run.userMessageId }, data });
    }
    const [session] = await addToSession(tx, ended, bytes);
    return session && { userId: session.userId, bytes };
  });
}

/** The status of the answer of a run that ended like this. */
export function messageStatusOf(end: RunEnd): MessageStatus {
  if (end.status === 'COMPLETED') return 'COMPLETE';
  return end.status === 'FAILED' && end.code === 'INTERRUPTED' ? 'INTERRUPTED' : end.status;
}

/**
 * Cancels the tool calls of these answers that have not ended. A call that waited for approval never began, so it is
 * stopped. A running one may still run on its node.
 */
export async function cancelToolCalls(
  tx: Pick<Database, 'toolCall'>,
  messageIds: readonly number[],
): Promise<void> {
  const messageId = { in: [...messageIds] };
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
  { run: { sessionId }, usage, contextTokens }: EndedRun,
  bytes: number,
): Promise<{ userId: string }[]> {
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
        cacheWriteInputTokens: { increment: counts.cacheWriteInputTokens },
        // A sum that contains one estimate stays an estimate.
        ...(measured ? {} : { measured: false }),
      },
    });
  }
  const now = new Date();
  const data = {
    updatedAt: now,
    lastActivityAt: now,
    storedBytes: { increment: bytes },
    ...(contextTokens > 0 && { contextTokens }),
  };
  return tx.session.updateManyAndReturn({ where: { id: sessionId }, data, select: { userId: true } });
}
