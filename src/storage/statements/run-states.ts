import { maxId } from '../../base/global-id.ts';
import type { Run } from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/**
 * Parameters: sessionId, requestId, status, userMessageId, assistantMessageId, providerName, modelName, settings (JSON),
 * editOfId, answersAgain, toolSetId, askUser, createdAt, startedAt, gatewayId, fence, steersId.
 */
export const insertRun = modelStatement<Run>(
  'Run',
  `INSERT INTO "Run" ("sessionId", "requestId", "status", "userMessageId", "assistantMessageId", "providerName",
    "modelName", "settings", "editOfId", "answersAgain", "toolSetId", "askUser", "createdAt", "startedAt", "gatewayId",
    "fence", "steersId")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
);

/** A run, also of a deleted session. Parameters: id. */
export const runById = modelStatement<Run>('Run', 'SELECT * FROM "Run" WHERE "id" = ?');

/** Runs in the order of their ids. Parameter: an `idList`, of any length. */
export const runsByIds = modelStatement<Run>(
  'Run',
  `SELECT * FROM "Run" WHERE "id" ${amongIds} ORDER BY "id"`,
);

/** A run of a session that was not deleted. Parameters: id. */
export const visibleRunById = modelStatement<Run>(
  'Run',
  `SELECT "Run".* FROM "Run" JOIN "Session" ON "Session"."id" = "sessionId" AND "deletedAt" IS NULL
  WHERE "Run"."id" = ?`,
);

/**
 * The run that was opened with a request id, with its prompt and how many attachments that has; null if it was deleted.
 * Parameters: sessionId, requestId.
 */
export const runByRequestId = modelStatement<Run & { prompt: string | null; attachmentCount: number | null }>(
  'Run',
  `SELECT "Run".*, "Message"."content" AS "prompt", "attachmentCount"
  FROM "Run" JOIN "Session" ON "Session"."id" = "Run"."sessionId" AND "deletedAt" IS NULL
  LEFT JOIN "Message" ON "Message"."id" = "userMessageId"
  WHERE "Run"."sessionId" = ? AND "requestId" = ?`,
);

/** The live run of a session and its queued runs, oldest first. Parameters: sessionId. */
export const unfinishedRuns = plainStatement<Pick<Run, 'id' | 'status' | 'assistantMessageId'>>(
  `SELECT "id", "status", "assistantMessageId" FROM "Run" WHERE "sessionId" = ? AND "status" IN ('RUNNING', 'QUEUED') ORDER BY "id"`,
);

/** How many runs wait in all queues. No parameters. */
export const countQueuedRuns = plainStatement<{ count: number }>(
  `SELECT COUNT(*) AS "count" FROM "Run" WHERE "status" = 'QUEUED'`,
);

const queued = { equal: ['"sessionId" = ?', `"status" = 'QUEUED'`], columns: ['"Run"."id"'] };

/** The queued run of a session that is started next, and the user of the session. Parameters: sessionId, twice. */
export const oldestQueuedRun = plainStatement<{ id: number; userId: string }>(
  `SELECT "Run"."id", "userId" FROM "Run" JOIN "Session" ON "Session"."id" = "sessionId"
  WHERE ${inIndex(queued, '>', '0')} AND ${inIndex(queued, '<', String(maxId))} ${indexOrder(queued, 'ASC')} LIMIT 1`,
);

/**
 * Starts a queued run. It breaks the unique index of live runs when another run of the session is live. Parameters:
 * startedAt, gatewayId, id.
 */
export const startRun = modelStatement<Run>(
  'Run',
  `UPDATE "Run" SET "status" = 'RUNNING', "startedAt" = ?, "gatewayId" = ?, "fence" = "fence" + 1
  WHERE "id" = ? AND "status" = 'QUEUED' RETURNING *`,
);

/** Keeps the progress of a live run. Parameters: lastSeq, the five token counts, usageMeasured, id, fence. */
export const checkpointRun = plainStatement<never>(
  `UPDATE "Run" SET "lastSeq" = ?, "inputTokens" = ?, "outputTokens" = ?, "reasoningTokens" = ?,
    "cachedInputTokens" = ?, "cacheWriteInputTokens" = ?, "usageMeasured" = ?
  WHERE "id" = ? AND "status" = 'RUNNING' AND "fence" = ?`,
);

/**
 * Ends a run. Parameters: status, lastSeq, the five token counts, usageMeasured, finishReason, cancelCause, errorCode,
 * errorMessage, finishedAt, id, the status that it must still have, fence.
 */
export const endRun = plainStatement<never>(
  `UPDATE "Run" SET "status" = ?, "lastSeq" = ?, "inputTokens" = ?, "outputTokens" = ?, "reasoningTokens" = ?,
    "cachedInputTokens" = ?, "cacheWriteInputTokens" = ?, "usageMeasured" = ?, "finishReason" = ?,
    "cancelCause" = ?, "errorCode" = ?, "errorMessage" = ?, "finishedAt" = ?
  WHERE "id" = ? AND "status" = ? AND "fence" = ?`,
);
