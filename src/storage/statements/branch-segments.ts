import { maxId } from '../../base/global-id.ts';
import { amongIds, greater, lesser } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';

// A branch in SQL (src/chat/branches/README.md). Its messages lie on lines. A segment is the part of a line that belongs to
// the branch: the messages of its session from `lineId` to `upTo`.

/** The branches that sessions show: the messages up to `head`, of those behind `cleared`. Parameter: the ids of the sessions. */
export const shownBranches = `SELECT "Session"."id" AS "sessionId", "clearedThroughId" AS "cleared",
    COALESCE("headId", ${maxId}) AS "head"
  FROM "Session" WHERE "id" ${amongIds} AND "deletedAt" IS NULL`;

/** The branch that ends with a message. Parameters: the message, sessionId. */
export const branchOfMessage = `SELECT "id" AS "sessionId", "clearedThroughId" AS "cleared", CAST(? AS INTEGER) AS "head"
  FROM "Session" WHERE "id" = ?`;

/**
 * The line that a message of a session lies on, in SQL; 0 for the first line.
 *
 * @param session The session, without blanks.
 * @param message Its id. An id that no message has stands for the message before it.
 * @param cleared The newest message that was cleared.
 */
export function lineAt(session: string, message: string, cleared: string): string {
  const ofSession = { equal: [`"line"."sessionId" = ${session}`], columns: ['"line"."firstId"'] };
  return `COALESCE((SELECT "line"."firstId" FROM "MessageLine" AS "line" WHERE ${inIndex(ofSession, '>', cleared)}
    AND ${inIndex(ofSession, '<=', message)} ${indexOrder(ofSession, 'DESC')} LIMIT 1), 0)`;
}

/** Branches as the table `asked`, with the line on which each ends. The parameters are those of `branches`. */
export function askedBranches(branches: string): string {
  return `"branch" AS (${branches}), "asked" AS MATERIALIZED (
    SELECT *, ${lineAt('"branch"."sessionId"', '"branch"."head"', '"branch"."cleared"')} AS "lineId" FROM "branch")`;
}

/** Where a page begins and ends, and its size. Parameters: after, before, limit. */
const bounds = 'CAST(? AS INTEGER) AS "after", CAST(? AS INTEGER) AS "before", CAST(? AS INTEGER) AS "size"';

/**
 * Goes from the end of each branch up to the line that has a position, or would have it. The last row of each session is
 * that line. A jump is taken where it does not lead beyond the line, so the steps grow with the logarithm of the lines.
 */
const findLine = (position: string) => `"found" AS (
  SELECT "sessionId", "cleared", "after", "before", "size", "lineId", "head" AS "upTo", ${position} AS "position"
  FROM "wanted"
  UNION ALL
  SELECT "found"."sessionId", "cleared", "after", "before", "size",
    CASE WHEN "line"."jumpId" > "position" THEN "line"."jumpId" ELSE "line"."parentLineId" END,
    "line"."parentId", "position"
  FROM "found" JOIN "MessageLine" AS "line" ON "line"."firstId" = "found"."lineId" WHERE "found"."lineId" > "position")`;

/** Walks up from the line of the newest message that is wanted, until the segments have enough messages. */
const newestFirst = `${findLine(lesser('"before" - 1', '"head"'))}, "segment" AS (
  SELECT "sessionId", "cleared", "after", "before", "size", "lineId", ${lesser('"upTo"', '"position"')} AS "upTo",
    0 AS "known"
  FROM "found" WHERE "lineId" <= "position"
  UNION ALL
  SELECT "segment"."sessionId", "cleared", "after", "before", "size", "line"."parentLineId", "line"."parentId",
    "known" + "line"."messagesBefore" - COALESCE("parent"."messagesBefore", 0)
  FROM "segment" JOIN "MessageLine" AS "line" ON "line"."firstId" = "segment"."lineId"
    LEFT JOIN "MessageLine" AS "parent" ON "parent"."firstId" = "line"."parentLineId"
  WHERE "known" < "size" AND "segment"."lineId" > "after")`;

/**
 * A line knows only the one before it, so the lines behind a position are found from below: a line has at least one
 * message, so those of a page lie at most as many levels further down as the page has messages. From there it walks up.
 */
const oldestFirst = `${findLine('"after"')}, "deep" AS (
  SELECT "wanted"."sessionId", "wanted"."cleared", "wanted"."after", "wanted"."before", "wanted"."size",
    "wanted"."lineId", "wanted"."head" AS "upTo", COALESCE("last"."level", 0) AS "level",
    COALESCE("first"."level", 0) + "wanted"."size" + 1 AS "wantedLevel"
  FROM "wanted" JOIN "found" ON "found"."sessionId" = "wanted"."sessionId" AND "found"."lineId" <= "position"
    LEFT JOIN "MessageLine" AS "last" ON "last"."firstId" = "wanted"."lineId"
    LEFT JOIN "MessageLine" AS "first" ON "first"."firstId" = "found"."lineId"
  UNION ALL
  SELECT "deep"."sessionId", "cleared", "after", "before", "size",
    CASE WHEN "jump"."level" > "wantedLevel" THEN "line"."jumpId" ELSE "line"."parentLineId" END, "line"."parentId",
    CASE WHEN "jump"."level" > "wantedLevel" THEN "jump"."level" ELSE "line"."level" - 1 END, "wantedLevel"
  FROM "deep" JOIN "MessageLine" AS "line" ON "line"."firstId" = "deep"."lineId"
    LEFT JOIN "MessageLine" AS "jump" ON "jump"."firstId" = "line"."jumpId"
  WHERE "deep"."level" > "wantedLevel"), "upward" AS (
  SELECT "deep"."sessionId", "cleared", "after", "before", "size", "lineId", "upTo",
    COALESCE("line"."messagesBefore", 0) AS "known"
  FROM "deep" LEFT JOIN "MessageLine" AS "line" ON "line"."firstId" = "lineId" WHERE "deep"."level" <= "wantedLevel"
  UNION ALL
  SELECT "upward"."sessionId", "cleared", "after", "before", "size", "line"."parentLineId", "line"."parentId",
    COALESCE("parent"."messagesBefore", 0)
  FROM "upward" JOIN "MessageLine" AS "line" ON "line"."firstId" = "upward"."lineId"
    LEFT JOIN "MessageLine" AS "parent" ON "parent"."firstId" = "line"."parentLineId"
  WHERE "upward"."lineId" > "after"), "counted" AS (
  SELECT *, MIN(CASE WHEN "lineId" > "after" THEN "known" END) OVER (PARTITION BY "sessionId") AS "knownBefore"
  FROM "upward"), "segment" AS (
  SELECT * FROM "counted" WHERE "lineId" <= "after" OR "known" < "knownBefore" + "size")`;

/**
 * The segments that have a page of each branch, as the table `segment`: the beginning of a statement. The work depends on
 * the size of the page and not on the number of messages or lines. Parameters: those of `branches`, after, before, limit.
 */
export function segmentsOf(branches: string, order: 'asc' | 'desc'): string {
  return `WITH RECURSIVE ${askedBranches(branches)}, "wanted" AS MATERIALIZED (SELECT "asked".*, ${bounds} FROM "asked"),
    ${order === 'asc' ? oldestFirst : newestFirst}`;
}

const ofSegment = { equal: ['"row"."sessionId" = "segment"."sessionId"'], columns: ['"row"."id"'] };

/** The rows of a segment, for `rowsOfEach`. Parameter: limit. */
export function messagesOfSegment(order: 'asc' | 'desc'): string {
  const first = greater(greater('"segment"."after"', '"segment"."cleared"'), '"segment"."lineId" - 1');
  return `WHERE ${inIndex(ofSegment, '>', first)} AND ${inIndex(ofSegment, '<=', '"segment"."upTo"')}
    AND ${inIndex(ofSegment, '<', '"segment"."before"')}
    ${indexOrder(ofSegment, order === 'asc' ? 'ASC' : 'DESC')} LIMIT ?`;
}
