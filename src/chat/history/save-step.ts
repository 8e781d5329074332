import type { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { StepMaker } from './answer-step.ts';
import type { Transcript } from './transcript.ts';

export interface SaveStepOptions {
  /** The answer; null when it was deleted meanwhile. */
  messageId: number | null;
  /** Which request of the run to the model it was, counted from 1. */
  step: number;
  maker: StepMaker;
  transcript: Transcript;
}

/**
 * Saves what a later prompt must show the model of a step, before its tools run: a crash must not lose the signatures.
 * A step of plain text needs no row.
 */
export async function saveStep(database: Database, options: SaveStepOptions): Promise<void> {
  const { messageId, step, maker, transcript } = options;
  if (messageId === null || !transcript.isMoreThanText) return;
  const { providerName, modelName } = maker;
  const parts = transcript.stored as unknown as Prisma.InputJsonValue;
  await database.answerStep.createMany({ data: { messageId, step, providerName, modelName, parts } });
}
