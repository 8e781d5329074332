import type { ToolCall } from '../../generated/prisma/client.ts';
import type { ToolApproval } from '../../generated/prisma/enums.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/**
 * Parameters: messageId, callId, name, args (JSON), status, nodeId, agentNodeId, dispatchId, step, textOffset,
 * reasoningOffset.
 */
export const insertToolCall = plainStatement<never>(
  `INSERT INTO "ToolCall" ("messageId", "callId", "name", "args", "status", "nodeId", "agentNodeId", "dispatchId",
    "step", "textOffset", "reasoningOffset") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);

/** A call that was approved is running. Parameters: messageId, callId. */
export const startToolCall = plainStatement<never>(
  `UPDATE "ToolCall" SET "status" = 'RUNNING' WHERE "messageId" = ? AND "callId" = ?`,
);

/** Parameters: status, result, errorCode, exitCode, stopped, durationMs, messageId, callId. */
export const endToolCall = plainStatement<never>(
  `UPDATE "ToolCall" SET "status" = ?, "result" = ?, "errorCode" = ?, "exitCode" = ?, "stopped" = ?, "durationMs" = ?
  WHERE "messageId" = ? AND "callId" = ?`,
);

/**
 * Cancels the calls of an answer that have not ended. A call that waited for approval never began, so it is stopped. A
 * running one may still run on its node. Parameters: messageId.
 */
export const cancelToolCalls = plainStatement<never>(
  `UPDATE "ToolCall" SET "stopped" = ("status" = 'AWAITING_APPROVAL'), "status" = 'CANCELLED'
  WHERE "messageId" = ? AND "status" IN ('AWAITING_APPROVAL', 'RUNNING')`,
);

/** The bytes of the arguments and results of an answer's calls; null if it has none. Parameters: messageId. */
export const toolCallBytes = plainStatement<{ bytes: number | null }>(
  `SELECT SUM(OCTET_LENGTH(CAST("args" AS TEXT)) + COALESCE(OCTET_LENGTH("result"), 0)) AS "bytes" FROM "ToolCall"
  WHERE "messageId" = ?`,
);

/** Parameters: messageId, callId. */
export const toolCallById = modelStatement<ToolCall>(
  'ToolCall',
  'SELECT * FROM "ToolCall" WHERE "messageId" = ? AND "callId" = ?',
);

/** The calls of a session's answers from one message to another, in their order. Parameters: sessionId, first id, last id. */
export const toolCallsBetween = modelStatement<ToolCall>(
  'ToolCall',
  `SELECT "ToolCall".* FROM "Message" JOIN "ToolCall" ON "messageId" = "Message"."id"
  WHERE "sessionId" = ? AND "Message"."id" BETWEEN ? AND ? ORDER BY "ToolCall"."id"`,
);

/** Parameters: the id of the session. */
export const toolApprovalOf = plainStatement<{ toolApproval: ToolApproval }>(
  'SELECT "toolApproval" FROM "Session" WHERE "id" = ?',
);
