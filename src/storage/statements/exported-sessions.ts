import type { ModelUsage, Run, Session } from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// What `switchyard export` reads (src/commands/portable/README.md). JSON columns are read as their texts, under names of their
// own, so that long numbers keep their digits.

/** Lists columns, and JSON columns as texts: `args` as `argsText`. */
export const listed = (columns: string, json: readonly string[] = []) =>
  [
    ...columns.split(' ').map((column) => `"${column}"`),
    ...json.map((column) => `CAST("${column}" AS TEXT) AS "${column}Text"`),
  ].join(', ');

/** Which sessions are exported: with the ids of some sessions, and of one user. */
type Selection = 'all' | 'ofUser' | 'some' | 'someOfUser';

/** Parameters of the condition: the user, the ids as an `idList`, since when they have been active. */
const conditions: Record<Selection, string> = {
  all: '',
  ofUser: '"userId" = ? AND ',
  some: `"id" ${amongIds} AND `,
  someOfUser: `"userId" = ? AND "id" ${amongIds} AND `,
};

function forEachSelection<T>(make: (condition: string) => T): Record<Selection, T> {
  const of = (selection: Selection) =>
    make(`${conditions[selection]}"lastActivityAt" >= ? AND "deletedAt" IS NULL`);
  return { all: of('all'), ofUser: of('ofUser'), some: of('some'), someOfUser: of('someOfUser') };
}

/** The users of the sessions, and how many sessions and messages each has. Parameters: those of the condition. */
export const exportedOwners = forEachSelection((condition) =>
  plainStatement<{ userId: string; sessions: number; messages: number }>(
    `SELECT "userId", COUNT(*) AS "sessions", SUM("messageCount") AS "messages" FROM "Session" WHERE ${condition}
     GROUP BY "userId" ORDER BY "userId"`,
  ),
);

/** Some of the sessions, oldest first. Parameters: those of the condition, behind which session, how many. */
export const exportedSessions = forEachSelection((condition) =>
  plainStatement<{ id: number }>(
    `SELECT "id" FROM "Session" WHERE ${condition} AND "id" > ? ORDER BY "id" LIMIT ?`,
  ),
);

type SessionRow = Omit<
  Session,
  'settings' | 'tags' | 'metadata' | 'storedBytes' | 'messageCount' | 'deletedAt' | 'isArchived'
> & {
  settingsText: string | null;
  tagsText: string;
  metadataText: string | null;
  /** Where it was imported from; null if it was not imported. */
  origin: string | null;
};

/** Parameter: the session. */
export const exportedSession = modelStatement<SessionRow>(
  'Session',
  `SELECT ${listed(
    'id title featureName providerName modelName systemPrompt contextTokens toolApproval askUser createdAt updatedAt lastActivityAt archivedAt pinnedAt clearedThroughId headId',
    ['settings', 'tags', 'metadata'],
  )}, "Session"."userId", (SELECT "origin" FROM "SessionOrigin" WHERE "sessionId" = "Session"."id") AS "origin"
   FROM "Session" WHERE "id" = ? AND "deletedAt" IS NULL`,
);

/** Parameter: the session. */
export const exportedUsage = modelStatement<ModelUsage>(
  'ModelUsage',
  `SELECT ${listed(
    'sessionId providerName modelName inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens measured',
  )} FROM "ModelUsage" WHERE "sessionId" = ?`,
);

const ofSession = { equal: ['"sessionId" = ?'], columns: ['"id"'] };

type RunRow = Omit<
  Run,
  | 'sessionId'
  | 'requestId'
  | 'editOfId'
  | 'answersAgain'
  | 'settings'
  | 'toolSetId'
  | 'askUser'
  | 'gatewayId'
  | 'fence'
  | 'stopCause'
  | 'pausedUntil'
> & { settingsText: string | null };

/** Some runs of a session, oldest first. Parameters: the session, behind which run, the session, an id beyond all, how many. */
export const exportedRuns = modelStatement<RunRow>(
  'Run',
  `SELECT ${listed(
    'id status userMessageId assistantMessageId providerName modelName lastSeq finishReason cancelCause errorCode errorMessage inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens usageMeasured steersId steeredSeq createdAt startedAt finishedAt',
    ['settings'],
  )} FROM "Run" WHERE ${inIndex(ofSession, '>', '?')} AND ${inIndex(ofSession, '<', '?')} ${indexOrder(ofSession, 'ASC')} LIMIT ?`,
);
