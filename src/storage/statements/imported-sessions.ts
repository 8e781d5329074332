import type { Session } from '../../generated/prisma/client.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';
import type { Parameter, Statement, Writer } from './statement.ts';

// What `switchyard import` writes (src/commands/portable/README.md). Until all of a session is there, it looks like a deleted
// one: nobody sees it, and the next start of a gateway deletes one that was broken off.

/** Rows that one statement inserts. The last rows of a list have a statement for each. */
const rowsAtOnce = 20;

interface Insert {
  one: Statement<{ id: number }>;
  many: Statement<{ id: number }>;
  /** Whether they return the ids of the rows. */
  returnsIds: boolean;
}

function insertInto(table: string, columns: string, returning = ''): Insert {
  const names = columns.split(' ');
  const row = `(${names.map(() => '?').join(', ')})`;
  const statement = (rows: number) =>
    plainStatement<{ id: number }>(
      `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')})
       VALUES ${Array.from({ length: rows }, () => row).join(', ')}${returning}`,
    );
  return { one: statement(1), many: statement(rowsAtOnce), returnsIds: returning !== '' };
}

/** The columns of each row, in the order of the parameters. */
export const imported = {
  messages: insertInto(
    'Message',
    'sessionId role status content reasoning finishReason cancelCause tokenCount attachmentCount steeredIntoId createdAt workspaceManifests',
    ' RETURNING "id"',
  ),
  lines: insertInto(
    'MessageLine',
    'firstId sessionId parentId parentLineId rootLineId level jumpId messagesBefore',
  ),
  recordings: insertInto(
    'MessageAudio',
    'messageId sha256 mimeType size filename durationSeconds uploadedAt',
  ),
  attachments: insertInto(
    'Attachment',
    'sessionId messageId position sha256 mimeType size filename width height pageCount durationSeconds tokenCount uploadedAt',
  ),
  toolCalls: insertInto(
    'ToolCall',
    'messageId callId name status byClient nodeId result errorCode exitCode durationMs stopped step textOffset reasoningOffset expiresAt decision decisionReason decidedBy byGrant decidedAt startedAt args changedArgs',
  ),
  steps: insertInto('AnswerStep', 'messageId step providerName modelName parts'),
  summaries: insertInto(
    'ContextSummary',
    'throughId sessionId text tokenCount coveredMessages providerName modelName createdAt',
  ),
  runs: insertInto(
    'Run',
    'sessionId userMessageId assistantMessageId steersId steeredSeq status providerName modelName lastSeq finishReason cancelCause errorCode errorMessage inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens usageMeasured createdAt startedAt finishedAt settings',
    ' RETURNING "id"',
  ),
  usage: insertInto(
    'ModelUsage',
    'sessionId providerName modelName inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens measured',
  ),
} as const;

/** Inserts rows in their order. @returns Their ids, where the statement has such, in the same order. */
export async function insertRows(
  tx: Writer,
  { one, many, returnsIds }: Insert,
  rows: readonly (readonly Parameter[])[],
): Promise<number[]> {
  const ids: number[] = [];
  const insert = async (statement: Insert['one'], parameters: readonly Parameter[]) => {
    if (!returnsIds) await tx.run(statement, parameters);
    else ids.push(...(await tx.all(statement, parameters)).map(({ id }) => id).toSorted((a, b) => a - b));
  };
  let next = 0;
  for (; next + rowsAtOnce <= rows.length; next += rowsAtOnce) {
    await insert(many, rows.slice(next, next + rowsAtOnce).flat());
  }
  for (const row of rows.slice(next)) await insert(one, row);
  return ids;
}

/** Creates a session without messages, hidden. Parameters: the user, `featureName`, an id beyond all, the present time. */
export const insertHiddenSession = plainStatement<{ id: number }>(
  `INSERT INTO "Session" ("userId", "featureName", "clearedThroughId", "deletedAt") VALUES (?, ?, ?, ?) RETURNING "id"`,
);

/** Whether a session is hidden still. Parameter: the session. */
export const hiddenSession = plainStatement<{ id: number }>(
  `SELECT "id" FROM "Session" WHERE "id" = ? AND "deletedAt" IS NOT NULL`,
);

/**
 * Shows an imported session that has all its messages. Parameters: title, providerName, modelName, systemPrompt, contextTokens,
 * toolApproval, askUser, createdAt, updatedAt, lastActivityAt, archivedAt, isArchived, pinnedAt, settings, tags, metadata,
 * headId, storedBytes, messageCount, the session, how many messages it must have.
 */
export const showImportedSession = modelStatement<Session>(
  'Session',
  `UPDATE "Session" SET "title" = ?, "providerName" = ?, "modelName" = ?, "systemPrompt" = ?, "contextTokens" = ?,
    "toolApproval" = ?, "askUser" = ?, "createdAt" = ?, "updatedAt" = ?, "lastActivityAt" = ?, "archivedAt" = ?, "isArchived" = ?,
    "pinnedAt" = ?, "settings" = ?, "tags" = ?, "metadata" = ?, "headId" = ?, "storedBytes" = ?, "messageCount" = ?,
    "deletedAt" = NULL, "clearedThroughId" = 0
   WHERE "id" = ? AND "deletedAt" IS NOT NULL AND ? = (
     SELECT COUNT(*) FROM "Message" WHERE "sessionId" = "Session"."id") RETURNING *`,
);

/** Names where a session comes from, unless another one of the user does. Parameters: the session, the origin, the user. */
export const insertOrigin = plainStatement<{ sessionId: number }>(
  `INSERT INTO "SessionOrigin" ("sessionId", "origin", "userId") VALUES (?, ?, ?) ON CONFLICT DO NOTHING
   RETURNING "sessionId"`,
);

/** Forgets where sessions come from that were deleted. Parameters: the origin, the user. */
export const forgetDeletedOrigin = plainStatement<never>(
  `DELETE FROM "SessionOrigin" WHERE "origin" = ? AND "userId" = ? AND EXISTS (
     SELECT 1 FROM "Session" WHERE "id" = "SessionOrigin"."sessionId" AND "deletedAt" IS NOT NULL)`,
);

/** The session of a user that was imported from an origin. Parameters: the origin, the user. */
export const sessionOfOrigin = plainStatement<{ id: number }>(
  `SELECT "Session"."id" FROM "SessionOrigin" JOIN "Session" ON "Session"."id" = "sessionId" AND "deletedAt" IS NULL
   WHERE "origin" = ? AND "SessionOrigin"."userId" = ?`,
);

/** A session of a user that was created here. Parameters: the session, the user. */
export const ownSession = modelStatement<Pick<Session, 'id' | 'createdAt'>>(
  'Session',
  `SELECT "id", "createdAt" FROM "Session" WHERE "id" = ? AND "userId" = ? AND "deletedAt" IS NULL`,
);
