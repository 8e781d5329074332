import type { Session } from '../../generated/prisma/client.ts';
import { amongIds, rowsOfObjects } from './dialect.ts';
import { answerOf } from './lines.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// A session is copied in pieces. Until all is there, the copy looks like a deleted session: nobody sees it, and the next
// start deletes one that was broken off.

/**
 * Creates the copy of a session, without messages and hidden. Parameters: the title, three times the present time, the bytes
 * of its settings, the message with which it ends, the present time, an id beyond all, the session.
 */
export const insertSessionCopy = modelStatement<Session>(
  'Session',
  `INSERT INTO "Session" ("userId", "title", "featureName", "providerName", "modelName", "systemPrompt", "settings", "tags",
    "metadata", "toolApproval", "askUser", "createdAt", "updatedAt", "lastActivityAt", "storedBytes", "contextTokens", "deletedAt",
    "clearedThroughId")
  SELECT "userId", ?, "featureName", "providerName", "modelName", "systemPrompt", "settings", "tags", "metadata",
    "toolApproval", "askUser", ?, ?, ?, ?, COALESCE((SELECT "inputTokens" + "outputTokens" FROM "Run" WHERE "assistantMessageId" = ${answerOf}), 0),
    ?, ? FROM "Session" WHERE "id" = ? AND "deletedAt" IS NULL RETURNING *`,
);

/** Counts a piece of the copy. Parameters: how many messages, their bytes, the copy. */
export const countCopies = plainStatement<{ id: number }>(
  `UPDATE "Session" SET "messageCount" = "messageCount" + ?, "storedBytes" = "storedBytes" + ? WHERE "id" = ?
   RETURNING "id"`,
);

/** Copies messages, in their order. Parameters: the copy, the ids of the messages. */
export const insertMessageCopies = plainStatement<{ id: number }>(
  `INSERT INTO "Message" ("sessionId", "role", "status", "content", "reasoning", "finishReason", "cancelCause",
    "tokenCount", "attachmentCount", "createdAt")
  SELECT CAST(? AS INTEGER), "role", "status", "content", "reasoning", "finishReason", "cancelCause", "tokenCount",
    "attachmentCount", "createdAt"
  FROM "Message" WHERE "id" ${amongIds} ORDER BY "id" RETURNING "id"`,
);

// The parameter of the statements below is a JSON array of `{from, to}`: a message and its copy.

const copied = `FROM ${rowsOfObjects('copied')} JOIN`;
const [from, to] = ['from', 'to'].map((name) => `CAST("copied"."value" ->> '${name}' AS INTEGER)`);

const toolCallColumns = `"callId", "name", "args", "status", "byClient", "nodeId", "agentNodeId", "result", "errorCode", "exitCode",
    "durationMs", "stopped", "step", "textOffset", "reasoningOffset", "expiresAt", "decision", "decisionReason", "decidedBy",
    "decidedAt", "startedAt"`;

/** Without their dispatches, whose late results belong to the calls that were made. */
export const insertToolCallCopies = plainStatement<never>(
  `INSERT INTO "ToolCall" ("messageId", ${toolCallColumns}) SELECT ${to}, ${toolCallColumns}
  ${copied} "ToolCall" ON "messageId" = ${from} ORDER BY "ToolCall"."id"`,
);

export const insertStepCopies = plainStatement<never>(
  `INSERT INTO "AnswerStep" ("messageId", "step", "providerName", "modelName", "parts")
  SELECT ${to}, "step", "providerName", "modelName", "parts" ${copied} "AnswerStep" ON "messageId" = ${from}`,
);

/** The copies share the blobs. */
export const insertRecordingCopies = plainStatement<never>(
  `INSERT INTO "MessageAudio" ("messageId", "sha256", "mimeType", "size", "filename", "durationSeconds", "uploadedAt")
  SELECT ${to}, "sha256", "mimeType", "size", "filename", "durationSeconds", "uploadedAt"
  ${copied} "MessageAudio" ON "messageId" = ${from}`,
);

const attachmentColumns = `"position", "sha256", "mimeType", "size", "filename", "width", "height", "pageCount",
    "durationSeconds", "tokenCount", "uploadedAt"`;

/** Parameters: the copy of the session, the messages. */
export const insertAttachmentCopies = plainStatement<never>(
  `INSERT INTO "Attachment" ("sessionId", "messageId", ${attachmentColumns}) SELECT CAST(? AS INTEGER), ${to}, ${attachmentColumns}
  ${copied} "Attachment" ON "messageId" = ${from} ORDER BY "Attachment"."id"`,
);

/** Shows a copy that has all its messages. Parameters: the copy, how many messages it must have. */
export const showSessionCopy = modelStatement<Session>(
  'Session',
  `UPDATE "Session" SET "deletedAt" = NULL, "clearedThroughId" = 0 WHERE "id" = ? AND ? = (
    SELECT count(*) FROM "Message" WHERE "sessionId" = "Session"."id") RETURNING *`,
);
