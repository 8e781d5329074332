import type { Session } from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// What happens at once when sessions are deleted. Their rows are deleted after that: see removal.ts.

/** A session that was hidden. */
export type HiddenSession = Pick<Session, 'id' | 'userId' | 'storedBytes' | 'lastActivityAt'>;

/** Those of some sessions that have a live run or queued runs. Parameter: the ids. */
export const busySessions = plainStatement<{ id: number }>(
  `SELECT DISTINCT "sessionId" AS "id" FROM "Run" WHERE "sessionId" ${amongIds} AND "status" IN ('RUNNING', 'QUEUED')`,
);

const hide = `UPDATE "Session" SET "deletedAt" = ?, "clearedThroughId" = ? WHERE "id" ${amongIds} AND "deletedAt" IS NULL`;
const hidden = 'RETURNING "id", "userId", "storedBytes", "lastActivityAt"';

/** Parameters: now, an id beyond all, the ids. */
export const hideSessions = modelStatement<HiddenSession>('Session', `${hide} ${hidden}`);

/** Hides those that are not pinned and have had no activity since a time. Parameters: as `hideSessions`, then the time. */
export const hideInactive = modelStatement<HiddenSession>(
  'Session',
  `${hide} AND "lastActivityAt" < ? AND "pinnedAt" IS NULL ${hidden}`,
);

/** Detaches all nodes of sessions. Parameter: the ids. */
export const detachNodes = plainStatement<{ id: number }>(
  `DELETE FROM "SessionNode" WHERE "sessionId" ${amongIds} RETURNING "agentNodeId" AS "id"`,
);

/** Deletes those of some nodes that are not registered and that no session has. Parameter: the ids. */
export const deleteUnusedNodes = plainStatement<{ id: number }>(
  `DELETE FROM "AgentNode" WHERE "id" ${amongIds} AND "tokenHash" IS NULL
   AND NOT EXISTS (SELECT 1 FROM "SessionNode" WHERE "agentNodeId" = "AgentNode"."id") RETURNING "id"`,
);
