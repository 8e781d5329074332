import { maxId } from '../../base/global-id.ts';
import type { Message, MessageAudio, ToolCall } from '../../generated/prisma/client.ts';
import { amongIds, greater, rowsOfEach, rowsOfIds } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

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

/** The messages of a session that was asked for. */
const ofAsked = { equal: ['"row"."sessionId" = "asked"."value"'], columns: ['"row"."id"'] };

/** The newest message of the session that was cleared; null if the session is gone, and then no message is found. */
const clearedThrough = '(SELECT "clearedThroughId" FROM "Session" WHERE "id" = "asked"."value")';

const pages = (direction: 'ASC' | 'DESC') =>
  plainStatement<PageRow>(
    `SELECT "Message"."id", "asked"."value" AS "sessionId", ${messageBytes} AS "bytes"
     FROM ${rowsOfIds('asked')} ${rowsOfEach(
       'Message',
       `WHERE ${inIndex(ofAsked, '>', greater('?', clearedThrough))} AND ${inIndex(ofAsked, '<', '?')}
        ${indexOrder(ofAsked, direction)} LIMIT ?`,
     )}`,
  );

/**
 * The same page of the messages of each session, without their texts, in any order. It reads through the index, and stops
 * at the limit of each session. A window function would read all rows of each session. Parameters: the ids of the
 * sessions, after, before, limit.
 */
export const pagesOfMessages = { asc: pages('ASC'), desc: pages('DESC') };

/** How many rows a session has. */
export interface SessionCount {
  sessionId: number;
  count: number;
}

/** The messages of an asked session that were not cleared. */
const shown = `FROM "Message" AS "row"
  WHERE ${inIndex(ofAsked, '>', clearedThrough)} AND ${inIndex(ofAsked, '<', String(maxId))}
  ${indexOrder(ofAsked, 'ASC')}`;

/** Parameters: where to stop counting, the ids of the sessions. */
export const countsOfMessages = plainStatement<SessionCount>(
  `SELECT "asked"."value" AS "sessionId", (SELECT count(*) FROM (SELECT 1 ${shown} LIMIT ?) AS "counted") AS "count"
   FROM ${rowsOfIds('asked')}`,
);

/** How the first message of each session begins. Parameters: the characters to read, the ids of the sessions. */
export const beginningsOfSessions = plainStatement<{ sessionId: number; beginning: string | null }>(
  `SELECT "asked"."value" AS "sessionId", (SELECT SUBSTR("row"."content", 1, ?) ${shown} LIMIT 1) AS "beginning"
   FROM ${rowsOfIds('asked')}`,
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
  `SELECT "id", OCTET_LENGTH(CAST("args" AS TEXT)) + COALESCE(OCTET_LENGTH("result"), 0) AS "bytes"
   FROM "ToolCall" WHERE "messageId" ${amongIds}`,
);

/** Parameter: the ids. */
export const toolCallsByIds = modelStatement<ToolCall>(
  'ToolCall',
  `SELECT * FROM "ToolCall" WHERE "id" ${amongIds}`,
);
