import type { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { runFailureCodes } from '../log/run-event.ts';
import type { TokenCounts } from '../usage/usage.ts';

/** A run whose gateway has died, with its tokens as the next gateway estimates them. */
export interface InterruptedRun extends TokenCounts {
  id: number;
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
const seqsBeyondCheckpoint = 1_000_000;

/** Saves that RUNNING runs have ended as FAILED / INTERRUPTED: what `saveRunEnd` saves, for many runs in one transaction. */
export async function saveInterruptedRuns(
  database: Database,
  runs: readonly InterruptedRun[],
): Promise<void> {
  const messageIds = runs.flatMap(({ messageId }) => messageId ?? []);
  const json = JSON.stringify(runs);
  await database.$transaction(async (tx) => {
    await tx.message.updateMany({ where: { id: { in: messageIds } }, data: { status: 'INTERRUPTED' } });
    await cancelToolCalls(tx, messageIds);
    await saveCounts(tx, json);
    await addToSessions(tx, runs, json);
    await tx.run.updateMany({
      where: { id: { in: runs.map(({ id }) => id) } },
      data: {
        status: 'FAILED',
        errorCode: 'INTERRUPTED',
        errorMessage: runFailureCodes.INTERRUPTED,
        lastSeq: { increment: seqsBeyondCheckpoint },
        usageMeasured: false,
        finishedAt: new Date(),
      },
    });
  });
}

/** As the statement `cancelToolCalls` does it for one answer. */
async function cancelToolCalls(tx: Prisma.TransactionClient, messageIds: number[]): Promise<void> {
  const messageId = { in: messageIds };
  await tx.toolCall.updateMany({
    where: { messageId, status: 'AWAITING_APPROVAL' },
    data: { status: 'CANCELLED', stopped: true },
  });
  await tx.toolCall.updateMany({
    where: { messageId, status: 'RUNNING' },
    data: { status: 'CANCELLED', stopped: false },
  });
}

/** Writes the tokens of each run and of its answer. Prisma would need one statement for each row. */
async function saveCounts(tx: Prisma.TransactionClient, json: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Run" SET
      "inputTokens" = ended.value ->> 'inputTokens',
      "outputTokens" = ended.value ->> 'outputTokens',
      "reasoningTokens" = ended.value ->> 'reasoningTokens'
    FROM json_each(${json}) AS ended WHERE "Run"."id" = ended.value ->> 'id'`;
  await tx.$executeRaw`
    UPDATE "Message" SET "tokenCount" = ended.value ->> 'contentTokens'
    FROM json_each(${json}) AS ended WHERE "Message"."id" = ended.value ->> 'messageId'`;
}

/** Adds the tokens and bytes of the answers to those of their sessions. A session has at most one RUNNING run. */
async function addToSessions(
  tx: Prisma.TransactionClient,
  runs: readonly InterruptedRun[],
  json: string,
): Promise<void> {
  const now = new Date();
  await tx.session.updateMany({
    where: { id: { in: runs.map(({ sessionId }) => sessionId) } },
    data: { updatedAt: now, lastActivityAt: now },
  });
  await tx.$executeRaw`
    UPDATE "Session" SET
      "contextTokens" = COALESCE(
        NULLIF((ended.value ->> 'inputTokens') + (ended.value ->> 'outputTokens'), 0), "contextTokens"
      ),
      "storedBytes" = "storedBytes" + COALESCE((
        SELECT LENGTH(CAST("content" AS BLOB)) + LENGTH(CAST(COALESCE("reasoning", '') AS BLOB))
        FROM "Message" WHERE "id" = ended.value ->> 'messageId'
      ), 0) + COALESCE((
        SELECT SUM(LENGTH(CAST("args" AS BLOB)) + LENGTH(CAST(COALESCE("result", '') AS BLOB)))
        FROM "ToolCall" WHERE "messageId" = ended.value ->> 'messageId'
      ), 0)
    FROM json_each(${json}) AS ended WHERE "Session"."id" = ended.value ->> 'sessionId'`;
  await tx.$executeRaw`
    INSERT INTO "ModelUsage" (
      "sessionId", "providerName", "modelName", "measured",
      "inputTokens", "outputTokens", "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens"
    )
    SELECT
      ended.value ->> 'sessionId', ended.value ->> 'providerName', ended.value ->> 'modelName', FALSE,
      ended.value ->> 'inputTokens', ended.value ->> 'outputTokens',
      ended.value ->> 'reasoningTokens', ended.value ->> 'cachedInputTokens',
      ended.value ->> 'cacheWriteInputTokens'
    FROM json_each(${json}) AS ended
    WHERE (ended.value ->> 'inputTokens') + (ended.value ->> 'outputTokens') > 0
    ON CONFLICT DO UPDATE SET
      "inputTokens" = "inputTokens" + excluded."inputTokens",
      "outputTokens" = "outputTokens" + excluded."outputTokens",
      "reasoningTokens" = "reasoningTokens" + excluded."reasoningTokens",
      "cachedInputTokens" = "cachedInputTokens" + excluded."cachedInputTokens",
      "cacheWriteInputTokens" = "cacheWriteInputTokens" + excluded."cacheWriteInputTokens",
      "measured" = FALSE`;
}
