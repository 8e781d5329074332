import type { AnswerStep } from '../../generated/prisma/client.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** Stores a step, unless its answer was deleted. Parameters: step, providerName, modelName, parts (JSON), messageId. */
export const insertAnswerStep = plainStatement<never>(
  `INSERT INTO "AnswerStep" ("messageId", "step", "providerName", "modelName", "parts")
  SELECT "id", ?, ?, ?, ? FROM "Message" WHERE "id" = ?`,
);

/** The steps of a session's answers from one message to another, in their order. Parameters: sessionId, first id, last id. */
export const answerStepsBetween = modelStatement<AnswerStep>(
  'AnswerStep',
  `SELECT "AnswerStep".* FROM "Message" JOIN "AnswerStep" ON "messageId" = "Message"."id"
  WHERE "sessionId" = ? AND "Message"."id" BETWEEN ? AND ? ORDER BY "messageId", "step"`,
);
