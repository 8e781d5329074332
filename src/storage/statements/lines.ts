import { maxId } from '../../base/global-id.ts';
import type { Message, Session } from '../../generated/prisma/client.ts';
import { lineAt } from './branch-segments.ts';
import { amongIds, greater } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// Where messages lie in the tree of their session, and the lines that make the tree (src/chat/branches/README.md).

/** The message before another one on its branch. */
export interface MessagePlace {
  id: number;
  sessionId: number;
  /** 0 for a message that begins a conversation. */
  parentId: number;
  /** The newest message of the session that was cleared; 0 if none was. */
  cleared: number;
}

const ofMessage = { equal: ['"row"."sessionId" = "Message"."sessionId"'], columns: ['"row"."id"'] };

const placesWhere = (
  condition: string,
) => `SELECT "Message"."id", "Message"."sessionId", "clearedThroughId" AS "cleared",
    COALESCE("line"."parentId", (
      SELECT "row"."id" FROM "Message" AS "row" WHERE ${inIndex(ofMessage, '>', '"clearedThroughId"')}
        AND ${inIndex(ofMessage, '<', '"Message"."id"')} ${indexOrder(ofMessage, 'DESC')} LIMIT 1
    ), 0) AS "parentId"
  FROM "Message" JOIN "Session" ON "Session"."id" = "Message"."sessionId"
    LEFT JOIN "MessageLine" AS "line" ON "line"."firstId" = "Message"."id"
  WHERE ${condition}`;

/** Parameter: the ids of messages. */
export const placesOfMessages = plainStatement<MessagePlace>(placesWhere(`"Message"."id" ${amongIds}`));

/** A message and one of the messages with the same parent, which may be itself. */
export interface SiblingRow {
  messageId: number;
  siblingId: number;
}

const ofPlace = { equal: ['"row"."sessionId" = "place"."sessionId"'], columns: ['"row"."id"'] };

/**
 * The messages with the same parent as each message, itself among them, in any order: those that begin a line behind the
 * parent, and the one behind it on its own line. Parameter: the ids of messages.
 */
export const siblingsOfMessages = plainStatement<SiblingRow>(
  `WITH "place" AS MATERIALIZED (${placesWhere(`"Message"."id" ${amongIds}`)})
   SELECT "place"."id" AS "messageId", "line"."firstId" AS "siblingId" FROM "place" JOIN "MessageLine" AS "line"
     ON "line"."sessionId" = "place"."sessionId" AND "line"."parentId" = "place"."parentId" AND "line"."firstId" > "cleared"
     JOIN "Message" ON "Message"."id" = "line"."firstId" AND ${isKept('"Message"')}
   UNION ALL
   SELECT "place"."id", "Message"."id" FROM "place" JOIN "Message" ON "Message"."id" = (
     SELECT "row"."id" FROM "Message" AS "row" WHERE ${inIndex(ofPlace, '>', greater('"place"."parentId"', '"place"."cleared"'))}
     ${indexOrder(ofPlace, 'ASC')} LIMIT 1)
   WHERE NOT EXISTS (SELECT 1 FROM "MessageLine" WHERE "firstId" = "Message"."id") AND ${isKept('"Message"')}`,
);

/** How many lines begin behind a message, counted up to a number. Parameters: sessionId, the message or 0, the number. */
export const countLines = plainStatement<{ count: number }>(
  `SELECT COUNT(*) AS "count" FROM (
     SELECT 1 FROM "MessageLine" WHERE "sessionId" = ? AND "parentId" = ? LIMIT ?) AS "line"`,
);

/** A message of a session that was neither cleared nor deleted. Parameters: the message, sessionId. */
export const messageOfSession = modelStatement<Message>(
  'Message',
  `SELECT "Message".* FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId" AND "Message"."id" > "clearedThroughId"
   WHERE "Message"."id" = ? AND "sessionId" = ? AND ${isKept('"Message"')}`,
);

/** The line of a message, behind which another line is to begin. */
export interface LinePlace {
  /** 0 for the first line of the session. The other numbers of the line are 0 then, too. */
  lineId: number;
  level: number;
  rootLineId: number;
  jumpId: number;
  /** The levels of the line that `jumpId` names, and of the one that this leads to; 0 for the first line. */
  jumpLevel: number;
  nextJumpId: number;
  nextJumpLevel: number;
  /** How many messages the branch has that ends with the message. */
  messages: number;
}

const ofPoint = { equal: ['"row"."sessionId" = "point"."sessionId"'], columns: ['"row"."id"'] };

/** Parameters: the message, sessionId. */
export const linePlaceOf = plainStatement<LinePlace>(
  `WITH "branch" AS (
     SELECT "id" AS "sessionId", "clearedThroughId" AS "cleared", CAST(? AS INTEGER) AS "messageId" FROM "Session" WHERE "id" = ?
   ), "point" AS MATERIALIZED (
     SELECT *, ${lineAt('"branch"."sessionId"', '"branch"."messageId"', '"branch"."cleared"')} AS "lineId" FROM "branch")
   SELECT "lineId", COALESCE("line"."level", 0) AS "level", COALESCE("line"."rootLineId", 0) AS "rootLineId",
     COALESCE("line"."jumpId", 0) AS "jumpId", COALESCE("jump"."level", 0) AS "jumpLevel",
     COALESCE("jump"."jumpId", 0) AS "nextJumpId", COALESCE("next"."level", 0) AS "nextJumpLevel",
     COALESCE("line"."messagesBefore", 0) + CAST((
       SELECT count(*) FROM "Message" AS "row" WHERE ${inIndex(ofPoint, '>', greater('"point"."cleared"', '"point"."lineId" - 1'))}
         AND ${inIndex(ofPoint, '<=', '"point"."messageId"')}
     ) AS INTEGER) AS "messages"
   FROM "point" LEFT JOIN "MessageLine" AS "line" ON "line"."firstId" = "lineId"
     LEFT JOIN "MessageLine" AS "jump" ON "jump"."firstId" = "line"."jumpId"
     LEFT JOIN "MessageLine" AS "next" ON "next"."firstId" = "jump"."jumpId"`,
);

/** Parameters: firstId, sessionId, parentId, parentLineId, rootLineId, level, jumpId, messagesBefore. */
export const insertLine = plainStatement<never>(
  `INSERT INTO "MessageLine" ("firstId", "sessionId", "parentId", "parentLineId", "rootLineId", "level", "jumpId",
    "messagesBefore") VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
);

/** Messages of a session that follow each other in the order of the ids. */
export interface MessageRange {
  firstId: number;
  lastId: number;
}

const ofLines = (line: string) => ({
  equal: [`"next"."sessionId" = ${line}."sessionId"`],
  columns: ['"next"."firstId"'],
});

/** The last id that a line may have that holds a message: the one before the next line. */
const endOf = (
  line: string,
  message: string,
) => `COALESCE((SELECT "next"."firstId" FROM "MessageLine" AS "next"
    WHERE ${inIndex(ofLines(line), '>', message)} ${indexOrder(ofLines(line), 'ASC')} LIMIT 1) - 1, ${maxId})`;

/**
 * A message and all that follow it on any branch, as ranges of ids. The ranges may end behind the last message. Parameters:
 * the message, sessionId.
 */
export const rangesBelow = plainStatement<MessageRange>(
  `WITH RECURSIVE "below" AS (
     SELECT "Message"."sessionId", "Message"."id" AS "firstId", ${endOf('"Message"', '"Message"."id"')} AS "lastId"
     FROM "Message" WHERE "Message"."id" = ? AND "Message"."sessionId" = ?
     UNION ALL
     SELECT "line"."sessionId", "line"."firstId", ${endOf('"line"', '"line"."firstId"')}
     FROM "below" JOIN "MessageLine" AS "line" ON "line"."sessionId" = "below"."sessionId"
       AND "line"."parentId" BETWEEN "below"."firstId" AND "below"."lastId"
   ) SELECT "firstId", "lastId" FROM "below"`,
);

/** Parameters: the newest message of the branch that the session shows (null: the newest of all), sessionId. */
export const setHead = plainStatement<never>('UPDATE "Session" SET "headId" = ? WHERE "id" = ?');

/** A message; for a prompt that has joined an answer, that answer. Parameter: the message. */
export const answerOf = '(SELECT COALESCE("steeredIntoId", "id") FROM "Message" WHERE "id" = ?)';

/**
 * Shows another branch, and tells how much of the context it took up when its newest answer was written. Parameters: the
 * newest message of the branch (null: the newest of all), now, the newest message, sessionId.
 */
export const showBranch = modelStatement<Session>(
  'Session',
  `UPDATE "Session" SET "headId" = ?, "updatedAt" = ?, "contextTokens" = COALESCE(
     (SELECT "inputTokens" + "outputTokens" FROM "Run" WHERE "assistantMessageId" = ${answerOf}), 0)
   WHERE "id" = ? RETURNING *`,
);
