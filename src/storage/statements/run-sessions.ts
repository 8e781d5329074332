import type { Session } from '../../generated/prisma/client.ts';
import { plainStatement } from './row-decoder.ts';

// What runs read and change of their session.

/** What a prompt must know of its session. */
export type CountedSession = Pick<Session, 'messageCount' | 'headId' | 'clearedThroughId'>;

/**
 * Counts the messages of a prompt, unless the session was deleted. Parameters: now, now, how many messages, bytes of the
 * prompt, id.
 */
export const countPrompt = plainStatement<CountedSession>(
  `UPDATE "Session" SET "updatedAt" = ?, "lastActivityAt" = ?, "messageCount" = "messageCount" + ?,
    "storedBytes" = "storedBytes" + ?
  WHERE "id" = ? AND "deletedAt" IS NULL RETURNING "messageCount", "headId", "clearedThroughId"`,
);

/** Counts an ended run. Parameters: now, now, bytes of the answer, contextTokens (null: they stay as they are), id. */
export const countAnswer = plainStatement<{ userId: string }>(
  `UPDATE "Session" SET "updatedAt" = ?, "lastActivityAt" = ?, "storedBytes" = "storedBytes" + ?,
    "contextTokens" = COALESCE(?, "contextTokens")
  WHERE "id" = ? RETURNING "userId"`,
);

/**
 * Adds the tokens of a run to those of its model. A sum that contains one estimate stays an estimate. Parameters:
 * sessionId, providerName, modelName, the five token counts, measured.
 */
export const addModelUsage = plainStatement<never>(
  `INSERT INTO "ModelUsage" AS "known" ("sessionId", "providerName", "modelName", "inputTokens", "outputTokens",
    "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens", "measured")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT ("sessionId", "providerName", "modelName") DO UPDATE SET
    "inputTokens" = "known"."inputTokens" + excluded."inputTokens",
    "outputTokens" = "known"."outputTokens" + excluded."outputTokens",
    "reasoningTokens" = "known"."reasoningTokens" + excluded."reasoningTokens",
    "cachedInputTokens" = "known"."cachedInputTokens" + excluded."cachedInputTokens",
    "cacheWriteInputTokens" = "known"."cacheWriteInputTokens" + excluded."cacheWriteInputTokens",
    "measured" = "known"."measured" AND excluded."measured"`,
);
