import { amongIds, rowsOfObjects } from './dialect.ts';
import { plainStatement } from './row-decoder.ts';
import { bytesOfToolCall } from './tool-call-bytes.ts';

// What the next gateway saves of the RUNNING runs of a gateway that has died. The first parameter of most statements is a
// JSON array of `InterruptedRun` (src/chat/run/save-interrupted-runs.ts), so that one statement changes the rows of many.

const ended = rowsOfObjects('ended');

/** A number of an interrupted run. */
const number = (name: string) => `CAST("ended"."value" ->> '${name}' AS BIGINT)`;

/** Ends the answers, which keep the texts of their last checkpoints. Parameter: the runs. */
export const interruptAnswers = plainStatement<never>(
  `UPDATE "Message" SET "status" = 'INTERRUPTED', "tokenCount" = ${number('contentTokens')}
  FROM ${ended} WHERE "Message"."id" = ${number('messageId')}`,
);

/** As `cancelToolCalls` does it for one answer. Parameter: the ids of the answers. */
export const cancelToolCallsOfAll = plainStatement<never>(
  `UPDATE "ToolCall" SET "stopped" = ("startedAt" IS NULL), "status" = 'CANCELLED'
  WHERE "messageId" ${amongIds} AND "status" IN ('AWAITING_APPROVAL', 'AWAITING_CLIENT', 'RUNNING')`,
);

/**
 * Ends the runs that have their fences still, and returns them. With the bare column "status", SQLite would go through all
 * RUNNING runs by its index, and through the whole JSON array for each. Parameters: errorMessage, how much to add to lastSeq,
 * finishedAt, the runs.
 */
export const interruptRuns = plainStatement<{ id: number }>(
  `UPDATE "Run" SET "status" = 'FAILED', "errorCode" = 'INTERRUPTED', "errorMessage" = ?, "lastSeq" = "lastSeq" + ?,
    "usageMeasured" = FALSE, "finishedAt" = ?, "inputTokens" = ${number('inputTokens')},
    "outputTokens" = ${number('outputTokens')}, "reasoningTokens" = ${number('reasoningTokens')}
  FROM ${ended} WHERE "Run"."id" = ${number('id')} AND "Run"."fence" = ${number('fence')}
    AND COALESCE("Run"."status", 'FAILED') = 'RUNNING' RETURNING "Run"."id"`,
);

/** Counts the answers in their sessions. A session has at most one RUNNING run. Parameters: now, now, the runs. */
export const countInterrupted = plainStatement<never>(
  `UPDATE "Session" SET "updatedAt" = ?, "lastActivityAt" = ?,
    "contextTokens" = COALESCE(NULLIF(${number('inputTokens')} + ${number('outputTokens')}, 0), "contextTokens"),
    "storedBytes" = "storedBytes" + COALESCE((
      SELECT OCTET_LENGTH("content") + OCTET_LENGTH(COALESCE("reasoning", ''))
      FROM "Message" WHERE "id" = ${number('messageId')}
    ), 0) + COALESCE((
      SELECT SUM(${bytesOfToolCall})
      FROM "ToolCall" WHERE "messageId" = ${number('messageId')}
    ), 0)
  FROM ${ended} WHERE "Session"."id" = ${number('sessionId')}`,
);

const counts = [
  'inputTokens',
  'outputTokens',
  'reasoningTokens',
  'cachedInputTokens',
  'cacheWriteInputTokens',
];
const columns = counts.map((name) => `"${name}"`).join(', ');

/** Adds the tokens to those of their models. Parameter: the runs. */
export const addInterruptedUsage = plainStatement<never>(
  `INSERT INTO "ModelUsage" AS "known" ("sessionId", "providerName", "modelName", "measured", ${columns})
  SELECT ${number('sessionId')}, "ended"."value" ->> 'providerName', "ended"."value" ->> 'modelName', FALSE,
    ${counts.map(number).join(', ')}
  FROM ${ended} WHERE ${number('inputTokens')} + ${number('outputTokens')} > 0
  ON CONFLICT ("sessionId", "providerName", "modelName") DO UPDATE SET "measured" = FALSE,
    ${counts.map((name) => `"${name}" = "known"."${name}" + excluded."${name}"`).join(', ')}`,
);
