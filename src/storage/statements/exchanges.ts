import type { Message } from '../../generated/prisma/client.ts';
import { lineAt } from './branch-segments.ts';
import { jsonList, jsonObject } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// An exchange is a prompt and its answer.

/**
 * Stores a prompt and its empty answer. Of the two ids that it returns, the lower is the prompt's. Parameters: sessionId,
 * the prompt, its tokens, createdAt; sessionId, createdAt.
 */
export const insertExchange = plainStatement<{ id: number }>(
  `INSERT INTO "Message" ("sessionId", "role", "status", "content", "tokenCount", "createdAt")
  VALUES (?, 'USER', 'COMPLETE', ?, ?, ?), (?, 'ASSISTANT', 'STREAMING', '', NULL, ?) RETURNING "id"`,
);

/**
 * Stores a prompt and its whole answer, which no run of this gateway has written. Parameters: sessionId, the prompt, its
 * tokens, createdAt; sessionId, the answer, its tokens, createdAt.
 */
export const insertEarlierExchange = plainStatement<never>(
  `INSERT INTO "Message" ("sessionId", "role", "status", "content", "finishReason", "tokenCount", "createdAt")
  VALUES (?, 'USER', 'COMPLETE', ?, NULL, ?, ?), (?, 'ASSISTANT', 'COMPLETE', ?, 'STOP', ?, ?)`,
);

/** Stores the empty answer to a prompt that is answered once more. Parameters: sessionId, createdAt. */
export const insertAnswer = plainStatement<{ id: number }>(
  `INSERT INTO "Message" ("sessionId", "role", "status", "content", "createdAt")
  VALUES (?, 'ASSISTANT', 'STREAMING', '', ?) RETURNING "id"`,
);

/** Keeps the text of an answer that is being written. Parameters: content, reasoning, id, fence of its run. */
export const checkpointAnswer = plainStatement<never>(
  `UPDATE "Message" SET "content" = ?, "reasoning" = ? WHERE "id" = ? AND "status" = 'STREAMING'
    AND EXISTS (SELECT 1 FROM "Run" WHERE "assistantMessageId" = "Message"."id" AND "fence" = ?)`,
);

/** The files that each node of the message's session has, as JSON; NULL if the session shares none. */
const manifests = `(SELECT CASE WHEN COUNT(*) > 0 THEN
      ${jsonList(`${jsonObject(`'nodeId', "nodeId", 'manifestHash', "manifestHash"`)}`)} END
    FROM "SessionNode" JOIN "Workspace" ON "Workspace"."sessionId" = "SessionNode"."sessionId" AND "isShared" = TRUE
    JOIN "AgentNode" ON "AgentNode"."id" = "agentNodeId"
    WHERE "SessionNode"."sessionId" = "Message"."sessionId" AND "manifestHash" IS NOT NULL)`;

/**
 * Ends an answer, and notes which files its nodes had. Parameters: content, reasoning, status, finishReason, cancelCause,
 * tokenCount, id.
 */
export const endAnswer = plainStatement<never>(
  `UPDATE "Message" SET "content" = ?, "reasoning" = ?, "status" = ?, "finishReason" = ?, "cancelCause" = ?,
    "tokenCount" = ?, "workspaceManifests" = ${manifests} WHERE "id" = ?`,
);

/** Withdraws a prompt that no model has seen, unless another run is to answer it. Parameters: cancelCause, id. */
export const withdrawPrompt = plainStatement<never>(
  `UPDATE "Message" SET "status" = 'CANCELLED', "cancelCause" = ? WHERE "id" = ? AND NOT EXISTS (
    SELECT 1 FROM "Run" WHERE "userMessageId" = "Message"."id" AND "status" IN ('QUEUED', 'RUNNING'))`,
);

/** A message that was neither cleared nor deleted. Parameters: id. */
export const visibleMessageById = modelStatement<Message>(
  'Message',
  `SELECT "Message".* FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId" AND "deletedAt" IS NULL
    AND "Message"."id" > "clearedThroughId"
  WHERE "Message"."id" = ? AND ${isKept('"Message"')}`,
);

const ofSession = { equal: ['"sessionId" = ?'], columns: ['"id"'] };

/**
 * The newest messages of a session before one of them, newest first, with the line on which the branch of that one ends.
 * Where it is not 0, there may be messages of other branches among them. Parameters: sessionId (twice), the message,
 * sessionId (three times), before which id, how many.
 */
export const messagesBefore = modelStatement<Message & { lineId: number }>(
  'Message',
  `SELECT * FROM "Message" CROSS JOIN (SELECT ${lineAt('?', '?', '0')} AS "lineId") AS "last"
  WHERE ${inIndex(ofSession, '>', '(SELECT "clearedThroughId" FROM "Session" WHERE "id" = ?)')}
    AND ${inIndex(ofSession, '<', '?')} ${indexOrder(ofSession, 'DESC')} LIMIT ?`,
);

/**
 * How many messages a session without branches counts beyond those behind an id. Parameters: sessionId, the id, sessionId,
 * an id beyond all, sessionId.
 */
export const countOlderMessages = plainStatement<{ count: number }>(
  `SELECT "messageCount" - (
    SELECT COUNT(*) FROM "Message" WHERE ${inIndex(ofSession, '>', '?')} AND ${inIndex(ofSession, '<', '?')}
  ) AS "count" FROM "Session" WHERE "id" = ? AND NOT EXISTS (
    SELECT 1 FROM "MessageLine" WHERE "sessionId" = "Session"."id")`,
);
