import type { AnswerStep } from '../../generated/prisma/client.ts';
import { keptAsItIs } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** Stores a step, unless its run is lost. Parameters: step, providerName, modelName, parts (JSON), messageId, fence. */
export const insertAnswerStep = plainStatement<never>(
  `INSERT INTO "AnswerStep" ("messageId", "step", "providerName", "modelName", "parts")
  SELECT "assistantMessageId", ?, ?, ?, ? FROM "Run" WHERE "assistantMessageId" = ? AND "fence" = ? ${keptAsItIs}`,
);

/** The steps of a session's answers from one message to another, in their order. Parameters: sessionId, first id, last id. */
export const answerStepsBetween = modelStatement<AnswerStep>(
  'AnswerStep',
  `SELECT "AnswerStep".* FROM "Message" JOIN "AnswerStep" ON "messageId" = "Message"."id"
  WHERE "sessionId" = ? AND "Message"."id" BETWEEN ? AND ? ORDER BY "messageId", "step"`,
);
