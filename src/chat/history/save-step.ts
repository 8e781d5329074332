import type { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { StepMaker } from './answer-step.ts';
import type { Transcript } from './transcript.ts';

export interface SaveStepOptions {
  /** The answer so far, up to the end of this step. Its id is null when it was deleted meanwhile. */
  answer: { assistantMessageId: number | null; content: string; reasoning: string };
  /** Which request of the run to the model it was, counted from 1. */
  step: number;
  maker: StepMaker;
  transcript: Transcript;
}

/**
 * Saves what a later prompt must show the model of a step, before its tools run: a crash must not lose the signatures.
 * The texts are saved in the same transaction, because a signature without the whole text that it signs is refused.
 * A step of plain text needs no row.
 */
export async function saveStep(database: Database, options: SaveStepOptions): Promise<void> {
  const { step, maker, transcript } = options;
  const { assistantMessageId: messageId, content, reasoning } = options.answer;
  if (messageId === null || !transcript.isMoreThanText) return;
  const { providerName, modelName } = maker;
  const parts = transcript.stored as unknown as Prisma.InputJsonValue;
  await database.$transaction([
    database.answerStep.createMany({ data: { messageId, step, providerName, modelName, parts } }),
    database.message.updateMany({
      where: { id: messageId, status: 'STREAMING' },
      data: { content, reasoning: reasoning || null },
    }),
  ]);
}
