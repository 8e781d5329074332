import type { ContextSummary } from '../../generated/prisma/client.ts';
import { amongIds, rowsOfObjects } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// Summaries that stand for the older messages of a branch (src/chat/history/README.md).

/** The newest summaries of a session whose messages were neither cleared nor deleted. Parameters: sessionId, how many. */
export const summariesOfSession = modelStatement<ContextSummary>(
  'ContextSummary',
  `SELECT "ContextSummary".* FROM "ContextSummary" JOIN "Message" ON "Message"."id" = "throughId"
     JOIN "Session" ON "Session"."id" = "Message"."sessionId" AND "Message"."id" > "clearedThroughId"
   WHERE "ContextSummary"."sessionId" = ? AND ${isKept('"Message"')} ORDER BY "throughId" DESC LIMIT ?`,
);

/** The summaries that end with messages. Parameter: the ids of the messages. */
export const summariesOfMessages = modelStatement<ContextSummary>(
  'ContextSummary',
  `SELECT * FROM "ContextSummary" WHERE "throughId" ${amongIds}`,
);

/**
 * Stores a summary in place of the one that ended with the same message, unless the run is lost or the message is gone.
 * Parameters: the text, its tokens, how many messages it covers, the provider, the model, the present time, the message,
 * the run, its fence.
 */
export const storeSummary = plainStatement<{ throughId: number }>(
  `INSERT INTO "ContextSummary" ("throughId", "sessionId", "text", "tokenCount", "coveredMessages", "providerName",
     "modelName", "createdAt")
   SELECT "Message"."id", "Message"."sessionId", CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS TEXT),
     CAST(? AS TEXT), ? FROM "Message"
     JOIN "Session" ON "Session"."id" = "Message"."sessionId" AND "Message"."id" > "clearedThroughId" AND "deletedAt" IS NULL
   WHERE "Message"."id" = ? AND "Message"."status" <> 'STREAMING' AND ${isKept('"Message"')}
     AND EXISTS (SELECT 1 FROM "Run" WHERE "id" = ? AND "fence" = ? AND "sessionId" = "Message"."sessionId")
   ON CONFLICT ("throughId") DO UPDATE SET "text" = excluded."text", "tokenCount" = excluded."tokenCount",
     "providerName" = excluded."providerName", "modelName" = excluded."modelName", "createdAt" = excluded."createdAt"
   RETURNING "throughId"`,
);

/** The bytes of a summary. Parameter: the message with which it ends. */
export const summaryBytes = plainStatement<{ bytes: number }>(
  'SELECT OCTET_LENGTH("text") AS "bytes" FROM "ContextSummary" WHERE "throughId" = ?',
);

/** Deletes the oldest summaries of a session beyond a number, and returns their bytes. Parameters: sessionId, sessionId, how many stay. */
export const forgetSummaries = plainStatement<{ bytes: number }>(
  `DELETE FROM "ContextSummary" WHERE "sessionId" = ? AND "throughId" <= (
     SELECT "throughId" FROM "ContextSummary" AS "kept" WHERE "kept"."sessionId" = ?
     ORDER BY "throughId" DESC LIMIT 1 OFFSET ?) RETURNING OCTET_LENGTH("text") AS "bytes"`,
);

/** Copies the summaries of messages. Parameters: the copy of the session, a JSON array of `{from, to}`. */
export const insertSummaryCopies = plainStatement<never>(
  `INSERT INTO "ContextSummary" ("throughId", "sessionId", "text", "tokenCount", "coveredMessages", "providerName",
     "modelName", "createdAt")
   SELECT CAST("copied"."value" ->> 'to' AS INTEGER), CAST(? AS INTEGER), "text", "tokenCount", "coveredMessages",
     "providerName", "modelName", "createdAt"
   FROM ${rowsOfObjects('copied')} JOIN "ContextSummary" ON "throughId" = CAST("copied"."value" ->> 'from' AS INTEGER)`,
);
