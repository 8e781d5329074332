import { maxId } from '../../base/global-id.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { amongIds, rowsOfEach, rowsOfIds, rowsOfObjects } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// Hidden rows: of deleted sessions, and messages that were cleared. Their ids are read before they are deleted, because
// PostgreSQL would read the whole table to find the rows of a subquery with a limit.

interface Id {
  id: number;
}

/** The rows of a session that was asked for. */
const ofAsked = { equal: ['"row"."sessionId" = "asked"."value"'], columns: ['"row"."id"'] };

/** The rows up to an id. In the order of the session only, so that PostgreSQL may take any index that leads to them. */
const rowsUpTo = (table: 'Run' | 'Message', last: string) =>
  plainStatement<Id>(
    `SELECT "${table}"."id" FROM ${rowsOfIds('asked')} ${rowsOfEach(
      table,
      `WHERE ${inIndex(ofAsked, '>', '0')} AND ${inIndex(ofAsked, '<=', last)}
        ${indexOrder({ ...ofAsked, columns: [] }, 'ASC')} LIMIT ?`,
      ' LIMIT ?',
    )}`,
  );

/** Some runs of sessions. Parameters: the ids of the sessions, how many, twice. */
export const runsOfSessions = rowsUpTo('Run', String(maxId));

/** Some messages that are hidden. Parameters: as `runsOfSessions`. */
export const hiddenMessages = rowsUpTo(
  'Message',
  `(SELECT "clearedThroughId" FROM "Session" WHERE "id" = "asked"."value")`,
);

/** Those of some sessions that were deleted. Parameter: the ids. */
export const deletedSessions = plainStatement<Id>(
  `SELECT "id" FROM "Session" WHERE "id" ${amongIds} AND "deletedAt" IS NOT NULL`,
);

/** The blobs of the recordings and attachments of messages. Parameters: the ids, twice. */
export const blobsOfMessages = plainStatement<{ sha256: string }>(
  `SELECT "sha256" FROM "MessageAudio" WHERE "messageId" ${amongIds}
  UNION SELECT "sha256" FROM "Attachment" WHERE "messageId" ${amongIds}`,
);

/** A session that has had no activity for a while. */
type InactiveSession = Pick<Session, 'id' | 'userId' | 'lastActivityAt'>;

/**
 * Some sessions that are not pinned and whose last activity was between two times, oldest first. Parameters: the last activity
 * and the id behind which the page begins, until when, how many.
 */
export const inactiveSessions = modelStatement<InactiveSession>(
  'Session',
  `SELECT "id", "userId", "lastActivityAt" FROM "Session" WHERE ("lastActivityAt", "id") > (?, ?) AND "lastActivityAt" < ?
     AND "deletedAt" IS NULL AND "pinnedAt" IS NULL ORDER BY "lastActivityAt", "id" LIMIT ?`,
);

/** The same of one part of the application. Parameters: its name, and then the same. */
export const inactiveOfFeature = modelStatement<InactiveSession>(
  'Session',
  `SELECT "id", "userId", "lastActivityAt" FROM "Session" WHERE "featureName" = ?
     AND ("lastActivityAt", "id") > (?, ?) AND "lastActivityAt" < ? AND "deletedAt" IS NULL AND "pinnedAt" IS NULL ORDER BY "lastActivityAt", "id" LIMIT ?`,
);

/** Parameter: the ids. */
export const deleteRuns = plainStatement<never>(`DELETE FROM "Run" WHERE "id" ${amongIds}`);

/** Parameter: the ids. */
export const deleteMessages = plainStatement<never>(`DELETE FROM "Message" WHERE "id" ${amongIds}`);

/** Those of some sessions that are cleared and not deleted. Parameter: the ids. */
export const clearedSessions = plainStatement<Id>(
  `SELECT "id" FROM "Session" WHERE "id" ${amongIds} AND "clearedThroughId" > 0 AND "deletedAt" IS NULL`,
);

/** Parameter: the ids. */
export const deleteSessions = plainStatement<never>(`DELETE FROM "Session" WHERE "id" ${amongIds}`);

/** The cleared messages of these sessions are gone. Parameter: the ids. */
export const endClearing = plainStatement<never>(
  `UPDATE "Session" SET "clearedThroughId" = 0 WHERE "id" ${amongIds} AND "deletedAt" IS NULL`,
);

/** The sessions that have hidden rows. */
export const sessionsWithHiddenRows = plainStatement<Id>(
  `SELECT "id" FROM "Session" WHERE "clearedThroughId" > 0
   UNION SELECT "sessionId" FROM "RemovedMessages" ORDER BY "id"`,
);

const ofSession = { equal: ['"sessionId" = ?'], columns: ['"id"'] };

/** The newest message of a session, also if it is hidden. Parameters: sessionId, sessionId, an id beyond all. */
export const newestMessage = plainStatement<Id>(
  `SELECT "id" FROM "Message" WHERE ${inIndex(ofSession, '>', '0')} AND ${inIndex(ofSession, '<', '?')}
  ${indexOrder(ofSession, 'DESC')} LIMIT 1`,
);

/** The newest message of a session between two ids that was not deleted. Parameters: sessionId, after, sessionId, before. */
export const newestKeptMessage = plainStatement<Id>(
  `SELECT "id" FROM "Message" WHERE ${inIndex(ofSession, '>', '?')} AND ${inIndex(ofSession, '<', '?')}
    AND ${isKept('"Message"')} ${indexOrder(ofSession, 'DESC')} LIMIT 1`,
);

/** The live run of a session and its queued runs, with their messages. Parameter: sessionId. */
export const unfinishedAnswers = plainStatement<{
  id: number;
  userMessageId: number | null;
  assistantMessageId: number | null;
}>(
  `SELECT "id", "userMessageId", "assistantMessageId" FROM "Run"
   WHERE "sessionId" = ? AND "status" IN ('RUNNING', 'QUEUED') ORDER BY "id"`,
);

/** Hides messages of a session. Parameters: sessionId, a JSON array of `MessageRange`. */
export const removeMessages = plainStatement<never>(
  `INSERT INTO "RemovedMessages" ("sessionId", "firstId", "lastId")
   SELECT CAST(? AS INTEGER), CAST("range"."value" ->> 'firstId' AS INTEGER), CAST("range"."value" ->> 'lastId' AS INTEGER)
   FROM ${rowsOfObjects('range')} WHERE TRUE ON CONFLICT ("sessionId", "firstId") DO UPDATE SET "lastId" = excluded."lastId"`,
);

/** Messages that were deleted and whose rows are still there. */
export interface RemovedRange {
  sessionId: number;
  firstId: number;
  lastId: number;
}

/** Some of those of sessions that were not deleted. Parameters: the ids of the sessions, how many. */
export const removedRanges = plainStatement<RemovedRange>(
  `SELECT "removed"."sessionId", "firstId", "lastId" FROM "RemovedMessages" AS "removed"
   JOIN "Session" ON "Session"."id" = "removed"."sessionId" AND "deletedAt" IS NULL
   WHERE "removed"."sessionId" ${amongIds} LIMIT ?`,
);

/** Whether they are still there. Parameters: sessionId, firstId. */
export const removedRange = plainStatement<RemovedRange>(
  'SELECT "sessionId", "firstId", "lastId" FROM "RemovedMessages" WHERE "sessionId" = ? AND "firstId" = ?',
);

/** Some messages of a session between two ids. Parameters: sessionId, after, sessionId, the last, how many. */
export const messagesBetween = plainStatement<Id>(
  `SELECT "id" FROM "Message" WHERE ${inIndex(ofSession, '>', '?')} AND ${inIndex(ofSession, '<=', '?')}
   ${indexOrder(ofSession, 'ASC')} LIMIT ?`,
);

/** The bytes of messages, their tool calls, recordings, attachments and summaries, as sessions count them. Parameters: the ids, five times. */
export const bytesOfMessages = plainStatement<{ bytes: number }>(
  `SELECT COALESCE((SELECT SUM(OCTET_LENGTH("content") + COALESCE(OCTET_LENGTH("reasoning"), 0))
      FROM "Message" WHERE "id" ${amongIds}), 0)
    + COALESCE((SELECT SUM(OCTET_LENGTH(CAST("args" AS TEXT)) + COALESCE(OCTET_LENGTH("result"), 0))
      FROM "ToolCall" WHERE "messageId" ${amongIds}), 0)
    + COALESCE((SELECT SUM("size") FROM "MessageAudio" WHERE "messageId" ${amongIds}), 0)
    + COALESCE((SELECT SUM("size") FROM "Attachment" WHERE "messageId" ${amongIds}), 0)
    + COALESCE((SELECT SUM(OCTET_LENGTH("text")) FROM "ContextSummary" WHERE "throughId" ${amongIds}), 0) AS "bytes"`,
);

/** Uncounts messages that were deleted. Parameters: how many, their bytes, sessionId. */
export const uncountMessages = plainStatement<{ userId: string }>(
  `UPDATE "Session" SET "messageCount" = "messageCount" - ?, "storedBytes" = "storedBytes" - ? WHERE "id" = ?
   RETURNING "userId"`,
);

/** Parameters: sessionId, firstId. */
export const endRemoval = plainStatement<never>(
  'DELETE FROM "RemovedMessages" WHERE "sessionId" = ? AND "firstId" = ?',
);

/** The cleared messages of a session are hidden anyway. Parameter: sessionId. */
export const endRemovals = plainStatement<never>('DELETE FROM "RemovedMessages" WHERE "sessionId" = ?');

/** Hides the messages of a session. Parameters: the newest of them, the bytes that stay, now, id. */
export const hideMessages = modelStatement<Session>(
  'Session',
  `UPDATE "Session" SET "clearedThroughId" = ?, "headId" = NULL, "contextTokens" = 0, "messageCount" = 0, "storedBytes" = ?, "updatedAt" = ?
  WHERE "id" = ? RETURNING *`,
);
