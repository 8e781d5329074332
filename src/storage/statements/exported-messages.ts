import type {
  AnswerStep,
  Attachment,
  ContextSummary,
  Message,
  MessageAudio,
  ToolCall,
} from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { listed } from './exported-sessions.ts';
import { isKept } from './hidden-messages.ts';
import { indexOrder, inIndex } from './index-range.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';
import { bytesOfToolCall } from './tool-call-bytes.ts';

// What `switchyard export` reads of messages.

const ofSession = { equal: ['"sessionId" = ?'], columns: ['"id"'] };

/** How long a row is, so that a bounded number of bytes is read at once. */
export interface RowSize {
  id: number;
  bytes: number;
}

/** Some messages of a session that were not deleted, oldest first. Parameters: the session, behind which message, the session, an id beyond all, how many. */
export const sizesOfMessages = plainStatement<RowSize>(
  `SELECT "id", OCTET_LENGTH("content") + COALESCE(OCTET_LENGTH("reasoning"), 0) AS "bytes" FROM "Message"
   WHERE ${inIndex(ofSession, '>', '?')} AND ${inIndex(ofSession, '<', '?')} AND ${isKept('"Message"')} ${indexOrder(ofSession, 'ASC')} LIMIT ?`,
);

type MessageRow = Omit<Message, 'sessionId' | 'workspaceManifests' | 'steeredPrompts' | 'attachmentCount'> & {
  workspaceManifestsText: string | null;
};

/** Parameter: the ids. */
export const exportedMessages = modelStatement<MessageRow>(
  'Message',
  `SELECT ${listed(
    'id role status content reasoning finishReason cancelCause tokenCount steeredIntoId createdAt',
    ['workspaceManifests'],
  )} FROM "Message" WHERE "id" ${amongIds} ORDER BY "id"`,
);

/**
 * Those of some messages that have joined answers which were not deleted, and what these answers say of their prompts. Parameter:
 * the ids.
 */
export const exportedJoins = plainStatement<{ id: number; promptsText: string }>(
  `SELECT "prompt"."id", CAST("Message"."steeredPrompts" AS TEXT) AS "promptsText" FROM "Message" AS "prompt"
   JOIN "Message" ON "Message"."id" = "prompt"."steeredIntoId" AND "Message"."steeredPrompts" IS NOT NULL
     AND ${isKept('"Message"')}
   WHERE "prompt"."id" ${amongIds} AND "prompt"."steeredIntoId" IS NOT NULL`,
);

/** The tool calls of messages. Parameter: the ids of the messages. */
export const sizesOfToolCalls = plainStatement<RowSize & { messageId: number }>(
  `SELECT "id", "messageId", ${bytesOfToolCall} AS "bytes" FROM "ToolCall" WHERE "messageId" ${amongIds} ORDER BY "id"`,
);

type ToolCallRow = Omit<
  ToolCall,
  'args' | 'changedArgs' | 'agentNodeId' | 'dispatchId' | 'agentInstanceId'
> & {
  argsText: string;
  changedArgsText: string | null;
};

/** Parameter: the ids. */
export const exportedToolCalls = modelStatement<ToolCallRow>(
  'ToolCall',
  `SELECT ${listed(
    'id messageId callId name status byClient nodeId result errorCode exitCode durationMs stopped step textOffset reasoningOffset expiresAt decision decisionReason decidedBy byGrant decidedAt startedAt',
    ['args', 'changedArgs'],
  )} FROM "ToolCall" WHERE "id" ${amongIds} ORDER BY "id"`,
);

/** The steps of answers. Parameter: the ids of the answers. */
export const keysOfSteps = plainStatement<{ messageId: number; step: number }>(
  `SELECT "messageId", "step" FROM "AnswerStep" WHERE "messageId" ${amongIds} ORDER BY "messageId", "step"`,
);

type StepRow = Omit<AnswerStep, 'parts'> & { partsText: string };

/** Parameters: the message, the step. */
export const exportedStep = plainStatement<StepRow>(
  `SELECT ${listed('messageId step providerName modelName', ['parts'])} FROM "AnswerStep" WHERE "messageId" = ? AND "step" = ?`,
);

/** Parameter: the ids of the messages. */
export const exportedRecordings = modelStatement<MessageAudio>(
  'MessageAudio',
  `SELECT * FROM "MessageAudio" WHERE "messageId" ${amongIds}`,
);

/** Parameter: the ids of the messages. */
export const exportedAttachments = modelStatement<Attachment>(
  'Attachment',
  `SELECT * FROM "Attachment" WHERE "messageId" ${amongIds} ORDER BY "messageId", "position", "id"`,
);

/** Parameter: the ids of the messages. */
export const exportedSummaries = modelStatement<Omit<ContextSummary, 'sessionId'>>(
  'ContextSummary',
  `SELECT ${listed(
    'throughId text tokenCount coveredMessages providerName modelName createdAt',
  )} FROM "ContextSummary" WHERE "throughId" ${amongIds} ORDER BY "throughId"`,
);
