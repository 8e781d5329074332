import { maxId } from '../../base/global-id.ts';
import type { Run } from '../../generated/prisma/client.ts';
import { amongIds, rowsOfEach, rowsOfIds } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import type { PageRow, SessionCount } from './messages.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** The runs of a session that was asked for. */
const ofAsked = { equal: ['"row"."sessionId" = "asked"."value"'], columns: ['"row"."id"'] };

/** Whether the session was not deleted. The runs of one that was are hidden, and those of a cleared history are not. */
const isShown = 'EXISTS (SELECT 1 FROM "Session" WHERE "id" = "asked"."value" AND "deletedAt" IS NULL)';

const pages = (direction: 'ASC' | 'DESC') =>
  plainStatement<PageRow>(
    `SELECT "Run"."id", "asked"."value" AS "sessionId", 0 AS "bytes"
     FROM ${rowsOfIds('asked')} ${rowsOfEach(
       'Run',
       `WHERE ${inIndex(ofAsked, '>', '?')} AND ${inIndex(ofAsked, '<', '?')} AND ${isShown}
        ${indexOrder(ofAsked, direction)} LIMIT ?`,
     )}`,
  );

/** The same page of the runs of each session, in any order. Parameters: the ids of the sessions, after, before, limit. */
export const pagesOfRuns = { asc: pages('ASC'), desc: pages('DESC') };

/** Parameters: where to stop counting, the ids of the sessions. */
export const countsOfRuns = plainStatement<SessionCount>(
  `SELECT "asked"."value" AS "sessionId", (SELECT count(*) FROM (
     SELECT 1 FROM "Run" AS "row"
     WHERE ${inIndex(ofAsked, '>', '0')} AND ${inIndex(ofAsked, '<', String(maxId))} AND ${isShown}
     ${indexOrder(ofAsked, 'ASC')} LIMIT ?) AS "counted") AS "count"
   FROM ${rowsOfIds('asked')}`,
);

/** Parameter: the ids. */
export const runsByIds = modelStatement<Run>('Run', `SELECT * FROM "Run" WHERE "id" ${amongIds}`);

/** The RUNNING runs of sessions. Parameter: the ids of the sessions. */
export const liveRunsOfSessions = modelStatement<Run>(
  'Run',
  `SELECT * FROM "Run" WHERE "sessionId" ${amongIds} AND "status" = 'RUNNING'`,
);

/** What a session is doing. WAITING: a tool call of its live run waits for an approval, or the run for a budget. */
export type SessionStatus = 'IDLE' | 'RUNNING' | 'WAITING';

/** The status of each session that has a RUNNING run. Parameter: the ids of the sessions. */
export const statusOfSessions = plainStatement<{ sessionId: number; status: SessionStatus }>(
  `SELECT "sessionId", CASE WHEN "pausedUntil" IS NOT NULL OR EXISTS (
    SELECT 1 FROM "ToolCall" WHERE "messageId" = "assistantMessageId" AND "status" IN ('AWAITING_APPROVAL', 'AWAITING_CLIENT')
  ) THEN 'WAITING' ELSE 'RUNNING' END AS "status"
  FROM "Run" WHERE "sessionId" ${amongIds} AND "status" = 'RUNNING'`,
);

/** The runs that have answered messages or that write them, newest first. Parameters: the ids of the messages, twice. */
export const runsOfMessages = modelStatement<Run>(
  'Run',
  `SELECT * FROM "Run" WHERE "userMessageId" ${amongIds} OR "assistantMessageId" ${amongIds} ORDER BY "id" DESC`,
);
