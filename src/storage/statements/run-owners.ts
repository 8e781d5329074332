import type { Run } from '../../generated/prisma/client.ts';
import type { CancelCause } from '../../generated/prisma/enums.ts';
import { amongIds } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// Which gateway executes a run. A gateway that starts a run or takes it over raises its fence, and then the writes of
// another gateway that had the run before change nothing.

/**
 * Takes over RUNNING runs of gateways that have no lease, and returns them. They are in the order of the index that has only
 * RUNNING runs. Parameters: the id of this gateway, twice; how many at most.
 */
export const takeOverRuns = modelStatement<Run>(
  'Run',
  `UPDATE "Run" SET "gatewayId" = ?, "fence" = "fence" + 1 WHERE "status" = 'RUNNING' AND "id" IN (
    SELECT "id" FROM "Run" AS "left" WHERE "status" = 'RUNNING' AND COALESCE("gatewayId", '') <> ?
      AND NOT EXISTS (SELECT 1 FROM "Gateway" WHERE "Gateway"."id" = "left"."gatewayId")
    ORDER BY "sessionId" LIMIT ?
  ) RETURNING *`,
);

/**
 * Raises the seq of a run that was taken over, so that the next run events are beyond all that a follower has seen.
 * Parameters: by how much, id, fence.
 */
export const raiseLastSeq = modelStatement<Run>(
  'Run',
  `UPDATE "Run" SET "lastSeq" = "lastSeq" + ? WHERE "id" = ? AND "fence" = ? AND "status" = 'RUNNING' RETURNING *`,
);

/**
 * Those of some runs that have made tool calls. Runs of an earlier version, which did not store until when a call waits, are
 * left out. Parameter: the ids.
 */
export const runsWithCalls = plainStatement<Pick<Run, 'id'>>(
  `SELECT "Run"."id" FROM "Run" JOIN "ToolCall" ON "messageId" = "assistantMessageId"
  WHERE "Run"."id" ${amongIds} GROUP BY "Run"."id"
  HAVING COUNT(CASE WHEN "ToolCall"."status" = 'AWAITING_APPROVAL' AND "expiresAt" IS NULL THEN 1 END) = 0`,
);

/** The fences of runs. Parameter: the ids. */
export const fencesOfRuns = plainStatement<Pick<Run, 'id' | 'fence'>>(
  `SELECT "id", "fence" FROM "Run" WHERE "id" ${amongIds}`,
);

/** Asks the gateway that executes a run to stop it. The first cause counts. Parameters: the cause, the id. */
export const requestStop = plainStatement<{ gatewayId: string | null }>(
  `UPDATE "Run" SET "stopCause" = COALESCE("stopCause", ?) WHERE "id" = ? AND "status" = 'RUNNING'
  RETURNING "gatewayId"`,
);

/**
 * What others have asked of the runs of a gateway: to stop for a cause, or, where that is null, to let a prompt join that
 * waits for it. Parameter: the id of the gateway, twice.
 */
export const askedOfRuns = plainStatement<{ id: number; stopCause: CancelCause | null }>(
  `SELECT "id", "stopCause" FROM "Run" WHERE "status" = 'RUNNING' AND "gatewayId" = ? AND "stopCause" IS NOT NULL
  UNION ALL SELECT "live"."id", NULL FROM "Run" AS "waiting" JOIN "Run" AS "live" ON "live"."id" = "waiting"."steersId"
    AND "live"."status" = 'RUNNING' AND "live"."gatewayId" = ?
  WHERE "waiting"."status" = 'QUEUED' AND "waiting"."steersId" IS NOT NULL`,
);

/** The sessions that have a queued run and no live one. */
export const waitingSessions = plainStatement<{ sessionId: number }>(
  `SELECT DISTINCT "sessionId" FROM "Run" AS "waiting" WHERE "status" = 'QUEUED' AND NOT EXISTS (
    SELECT 1 FROM "Run" WHERE "sessionId" = "waiting"."sessionId" AND "status" = 'RUNNING'
  ) ORDER BY "sessionId"`,
);
