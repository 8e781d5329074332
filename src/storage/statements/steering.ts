import type { Message, Run } from '../../generated/prisma/client.ts';
import { amongIds } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

// Prompts that join an answer which is being written (src/chat/steering/README.md).

/** The runs whose prompts wait to join an answer, oldest first. Parameters: sessionId, the run that writes the answer. */
export const waitingToJoin = modelStatement<Run>(
  'Run',
  `SELECT * FROM "Run" WHERE "sessionId" = ? AND "status" = 'QUEUED' AND "steersId" = ? AND "userMessageId" IS NOT NULL
    AND "assistantMessageId" IS NOT NULL ORDER BY "id"`,
);

/**
 * Takes a run out of the queue, because its prompt joins the answer of another run. Parameters: startedAt, finishedAt,
 * lastSeq, steeredSeq, id.
 */
export const joinRun = plainStatement<never>(
  `UPDATE "Run" SET "status" = 'COMPLETED', "startedAt" = ?, "finishedAt" = ?, "lastSeq" = ?, "steeredSeq" = ?,
    "assistantMessageId" = NULL WHERE "id" = ? AND "status" = 'QUEUED'`,
);

/** Marks a prompt that joins an answer, and returns it. Parameters: the answer, the prompt. */
export const joinAnswer = modelStatement<Message>(
  'Message',
  'UPDATE "Message" SET "steeredIntoId" = ? WHERE "id" = ? RETURNING *',
);

/** Parameters: a JSON array of `SteeredPrompt`, the answer. */
export const setSteeredPrompts = plainStatement<never>(
  'UPDATE "Message" SET "steeredPrompts" = ? WHERE "id" = ?',
);

/** Makes the lines that begin behind one message begin behind another. Parameters: the other, sessionId, the one. */
export const moveLines = plainStatement<never>(
  'UPDATE "MessageLine" SET "parentId" = ? WHERE "sessionId" = ? AND "parentId" = ?',
);

/** Their branches have lost a message. Parameter: the lines. */
export const shortenLines = plainStatement<never>(
  `UPDATE "MessageLine" SET "messagesBefore" = "messagesBefore" - 1 WHERE "firstId" ${amongIds}`,
);

/**
 * Uncounts a message without text, and shows the one before it where it was the head. Parameters: the message, the one
 * before it, now, sessionId.
 */
export const uncountAnswer = plainStatement<{ headId: number | null }>(
  `UPDATE "Session" SET "headId" = CASE WHEN "headId" = ? THEN CAST(? AS INTEGER) ELSE "headId" END,
    "messageCount" = "messageCount" - 1, "updatedAt" = ? WHERE "id" = ? RETURNING "headId"`,
);

/** Those of some messages that were neither cleared nor deleted. Parameter: the ids. */
export const keptMessages = modelStatement<Message>(
  'Message',
  `SELECT "Message".* FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId" AND "Message"."id" > "clearedThroughId"
  WHERE "Message"."id" ${amongIds} AND ${isKept('"Message"')}`,
);

/** Those of some messages that are answers which prompts have joined, or such prompts, oldest first. Parameter: the ids. */
export const steeringOf = modelStatement<Pick<Message, 'id' | 'steeredIntoId' | 'steeredPrompts'>>(
  'Message',
  `SELECT "id", "steeredIntoId", "steeredPrompts" FROM "Message" WHERE "id" ${amongIds}
    AND ("steeredIntoId" IS NOT NULL OR "steeredPrompts" IS NOT NULL) ORDER BY "id"`,
);
