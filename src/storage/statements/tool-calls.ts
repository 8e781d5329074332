import type { ToolCall } from '../../generated/prisma/client.ts';
import { amongIds, keptAsItIs } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';
import { bytesOfToolCall } from './tool-call-bytes.ts';

/**
 * Parameters: messageId, callId, name, args (JSON), status, nodeId, agentNodeId, dispatchId, step, textOffset,
 * reasoningOffset, expiresAt, startedAt, agentInstanceId, byClient, decision, decisionReason, decidedBy, decidedAt, byGrant.
 */
export const insertToolCall = plainStatement<{ id: number }>(
  `INSERT INTO "ToolCall" ("messageId", "callId", "name", "args", "status", "nodeId", "agentNodeId", "dispatchId",
    "step", "textOffset", "reasoningOffset", "expiresAt", "startedAt", "agentInstanceId", "byClient", "decision",
    "decisionReason", "decidedBy", "decidedAt", "byGrant")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING "id"`,
);

/**
 * Stores the decision about a call that still waits for one; a denied call has ended with it. Parameters: status,
 * decision, decisionReason, decidedBy, byGrant, decidedAt, result, errorCode, durationMs, id.
 */
export const decideToolCall = plainStatement<never>(
  `UPDATE "ToolCall" SET "status" = ?, "decision" = ?, "decisionReason" = ?, "decidedBy" = ?, "byGrant" = ?,
    "decidedAt" = ?, "result" = ?, "errorCode" = ?, "durationMs" = ? WHERE "id" = ? AND "status" = 'AWAITING_APPROVAL'`,
);

/**
 * Ends a call that still waits for a client. Parameters: status, result, errorCode, decidedBy, decidedAt, durationMs, id.
 */
export const answerToolCall = plainStatement<never>(
  `UPDATE "ToolCall" SET "status" = ?, "result" = ?, "errorCode" = ?, "decidedBy" = ?, "decidedAt" = ?, "durationMs" = ?
  WHERE "id" = ? AND "status" = 'AWAITING_CLIENT'`,
);

/** Stores the arguments that a person gave to a call, and its node. Parameters: changedArgs (JSON), nodeId, agentNodeId, id. */
export const changeToolCall = plainStatement<never>(
  'UPDATE "ToolCall" SET "changedArgs" = ?, "nodeId" = ?, "agentNodeId" = ? WHERE "id" = ?',
);

/** The calls of an answer to a tool that wait for a decision. Parameters: messageId, name. */
export const waitingToolCalls = modelStatement<ToolCall>(
  'ToolCall',
  `SELECT * FROM "ToolCall" WHERE "messageId" = ? AND "name" = ? AND "status" = 'AWAITING_APPROVAL' ORDER BY "id"`,
);

/** Those of some calls that do not wait for a decision or a client any more. Parameter: the ids. */
export const decidedToolCalls = modelStatement<ToolCall>(
  'ToolCall',
  `SELECT * FROM "ToolCall" WHERE "id" ${amongIds} AND "status" NOT IN ('AWAITING_APPROVAL', 'AWAITING_CLIENT')`,
);

/** Whether the run of a call belongs to the gateway with this fence still. Parameter: the fence. */
const ofOwnRun = `EXISTS (
  SELECT 1 FROM "Run" WHERE "assistantMessageId" = "ToolCall"."messageId" AND "fence" = ? ${keptAsItIs})`;

/** An approved call is handed to its tool. Parameters: startedAt, agentInstanceId, id, fence of the run. */
export const startToolCall = plainStatement<never>(
  `UPDATE "ToolCall" SET "startedAt" = ?, "agentInstanceId" = ? WHERE "id" = ? AND ${ofOwnRun}`,
);

/**
 * Ends a call, unless it has ended already. Parameters: status, result, errorCode, exitCode, stopped, durationMs, id,
 * fence of the run.
 */
export const endToolCall = plainStatement<never>(
  `UPDATE "ToolCall" SET "status" = ?, "result" = ?, "errorCode" = ?, "exitCode" = ?, "stopped" = ?, "durationMs" = ?
  WHERE "id" = ? AND "status" IN ('AWAITING_APPROVAL', 'AWAITING_CLIENT', 'RUNNING') AND ${ofOwnRun}`,
);

/**
 * Cancels the calls of an answer that have not ended. A call that was not handed to its tool is stopped. Another
 * one may still run on its node. Parameters: messageId.
 */
export const cancelToolCalls = plainStatement<never>(
  `UPDATE "ToolCall" SET "stopped" = ("startedAt" IS NULL), "status" = 'CANCELLED'
  WHERE "messageId" = ? AND "status" IN ('AWAITING_APPROVAL', 'AWAITING_CLIENT', 'RUNNING')`,
);

/** The bytes of the arguments and results of an answer's calls; null if it has none. Parameters: messageId. */
export const toolCallBytes = plainStatement<{ bytes: number | null }>(
  `SELECT SUM(${bytesOfToolCall}) AS "bytes" FROM "ToolCall" WHERE "messageId" = ?`,
);

/** Parameters: messageId, callId. */
export const toolCallById = modelStatement<ToolCall>(
  'ToolCall',
  'SELECT * FROM "ToolCall" WHERE "messageId" = ? AND "callId" = ?',
);

/** The calls of answers, in their order. Parameter: the ids of the answers. */
export const toolCallsOfMessages = modelStatement<ToolCall>(
  'ToolCall',
  `SELECT * FROM "ToolCall" WHERE "messageId" ${amongIds} ORDER BY "id"`,
);
