import type { Message, MessageAudio, ToolCall } from '../../generated/prisma/client.ts';
import {
  askedBranches,
  branchOfMessage,
  messagesOfSegment,
  segmentsOf,
  shownBranches,
} from './branch-segments.ts';
import { amongIds, greater, lesser, rowsOfEach } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';
import { bytesOfToolCall } from './tool-call-bytes.ts';

/** A row that is to be read. */
export interface RowSize {
  id: number;
  /** Bytes of its long texts; 0 if it has none. */
  bytes: number;
}

/** The bytes of the long texts of a message, in SQL. */
const messageBytes = 'OCTET_LENGTH("content") + COALESCE(OCTET_LENGTH("reasoning"), 0)';

/** A row of a page of the rows of a session. */
export interface PageRow extends RowSize {
  sessionId: number;
}

/** A row of a page of messages. */
export interface MessagePageRow extends PageRow {
  /** The line on which the branch ends. Where it is not 0, the page may hold messages of other branches. */
  lineId: number;
}

/** The messages of a branch that was asked for. */
const ofAsked = { equal: ['"row"."sessionId" = "asked"."sessionId"'], columns: ['"row"."id"'] };

const pages = (direction: 'ASC' | 'DESC') =>
  plainStatement<MessagePageRow>(
    `WITH ${askedBranches(shownBranches)}
     SELECT "Message"."id", "asked"."sessionId", "asked"."lineId", ${messageBytes} AS "bytes"
     FROM "asked" ${rowsOfEach(
       'Message',
       `WHERE ${inIndex(ofAsked, '>', greater('?', '"asked"."cleared"'))}
        AND ${inIndex(ofAsked, '<', '?')} AND ${inIndex(ofAsked, '<=', '"asked"."head"')}
        ${indexOrder(ofAsked, direction)} LIMIT ?`,
     )}`,
  );

/**
 * The same page of the messages of each session, without their texts, in any order, where the session shows its first
 * line. It reads through the index, and stops at the limit of each session. A window function would read all rows of each
 * session. `pagesOfBranches` reads the pages of the others. Parameters: the ids of the sessions, after, before, limit.
 */
export const pagesOfMessages = { asc: pages('ASC'), desc: pages('DESC') };

const pagesOnLines = (order: 'asc' | 'desc') =>
  plainStatement<PageRow>(
    `${segmentsOf(shownBranches, order)}
     SELECT "Message"."id", "segment"."sessionId", ${messageBytes} AS "bytes"
     FROM "segment" ${rowsOfEach('Message', messagesOfSegment(order))}`,
  );

/**
 * As `pagesOfMessages`, for branches of any shape. It returns up to three times as many rows as the limit: the caller sorts
 * them and takes the first. Parameters: the ids of the sessions, after, before, limit, limit.
 */
export const pagesOfBranches = { asc: pagesOnLines('asc'), desc: pagesOnLines('desc') };

/**
 * The messages of the branch that ends with a message, newest first, as `pagesOfBranches` finds those of a session.
 * Parameters: the message, sessionId, 0, an id beyond the message, how many, how many.
 */
export const messagesOfBranch = plainStatement<{ id: number }>(
  `${segmentsOf(branchOfMessage, 'desc')}
   SELECT "Message"."id" FROM "segment" ${rowsOfEach('Message', messagesOfSegment('desc'))}`,
);

/** How many rows a session has. */
export interface SessionCount {
  sessionId: number;
  count: number;
}

/** The messages on the last line of a branch. */
const onLastLine = `FROM "Message" AS "row"
  WHERE ${inIndex(ofAsked, '>', greater('"asked"."cleared"', '"asked"."lineId" - 1'))}
    AND ${inIndex(ofAsked, '<=', '"asked"."head"')} ${indexOrder(ofAsked, 'ASC')}`;

/** Counts the messages of the branches that sessions show. Parameters: the ids of the sessions, where to stop, twice. */
export const countsOfMessages = plainStatement<SessionCount>(
  `WITH ${askedBranches(shownBranches)}
   SELECT "asked"."sessionId", ${lesser(
     'CAST(? AS INTEGER)',
     `COALESCE("messagesBefore", 0) + CAST((SELECT count(*) FROM (SELECT 1 ${onLastLine} LIMIT ?) AS "counted") AS INTEGER)`,
   )} AS "count"
   FROM "asked" LEFT JOIN "MessageLine" ON "firstId" = "lineId"`,
);

/** The first message of a branch whose line has a row, and otherwise the first one of the session. */
const firstOfBranch = `COALESCE(
    (SELECT "rootLineId" FROM "MessageLine" WHERE "firstId" = "asked"."lineId" AND "rootLineId" > 0),
    (SELECT "row"."id" FROM "Message" AS "row" WHERE ${inIndex(ofAsked, '>', '"asked"."cleared"')}
      AND ${inIndex(ofAsked, '<=', '"asked"."head"')} ${indexOrder(ofAsked, 'ASC')} LIMIT 1))`;

/**
 * How the first message of each branch begins; for a prompt that is only files, the name of the first one. Parameters: the ids of the
 * sessions, the characters to read.
 */
export const beginningsOfSessions = plainStatement<{ sessionId: number; beginning: string | null }>(
  `WITH ${askedBranches(shownBranches)}
   SELECT "asked"."sessionId", (
     SELECT COALESCE(NULLIF(SUBSTR("content", 1, ?), ''), (
       SELECT "filename" FROM "Attachment" WHERE "messageId" = "Message"."id" ORDER BY "position" LIMIT 1))
     FROM "Message" WHERE "id" = ${firstOfBranch}) AS "beginning"
   FROM "asked"`,
);

/** Parameter: the ids. The caller leaves out messages that were cleared. */
export const messagesByIds = modelStatement<Message>(
  'Message',
  `SELECT * FROM "Message" WHERE "id" ${amongIds}`,
);

/** Parameter: the ids. */
export const sizesOfMessages = plainStatement<RowSize>(
  `SELECT "id", ${messageBytes} AS "bytes" FROM "Message" WHERE "id" ${amongIds}`,
);

/** Parameter: the ids of messages. */
export const audioOfMessages = modelStatement<MessageAudio>(
  'MessageAudio',
  `SELECT * FROM "MessageAudio" WHERE "messageId" ${amongIds}`,
);

/** The tool calls of messages, without their texts. Parameter: the ids of the messages. */
export const sizesOfToolCalls = plainStatement<RowSize>(
  `SELECT "id", ${bytesOfToolCall} AS "bytes" FROM "ToolCall" WHERE "messageId" ${amongIds}`,
);

/** Parameter: the ids. */
export const toolCallsByIds = modelStatement<ToolCall>(
  'ToolCall',
  `SELECT * FROM "ToolCall" WHERE "id" ${amongIds}`,
);
