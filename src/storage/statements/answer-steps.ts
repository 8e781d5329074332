import type { AnswerStep } from '../../generated/prisma/client.ts';
import { amongIds, keptAsItIs } from './dialect.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** Stores a step, unless its run is lost. Parameters: step, providerName, modelName, parts (JSON), messageId, fence. */
export const insertAnswerStep = plainStatement<never>(
  `INSERT INTO "AnswerStep" ("messageId", "step", "providerName", "modelName", "parts")
  SELECT "assistantMessageId", ?, ?, ?, ? FROM "Run" WHERE "assistantMessageId" = ? AND "fence" = ? ${keptAsItIs}`,
);

/** The steps of answers, in their order. Parameter: the ids of the answers. */
export const stepsOfMessages = modelStatement<AnswerStep>(
  'AnswerStep',
  `SELECT * FROM "AnswerStep" WHERE "messageId" ${amongIds} ORDER BY "messageId", "step"`,
);
