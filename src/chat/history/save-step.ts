import { insertAnswerStep } from '../../storage/statements/answer-steps.ts';
import type { Writer } from '../../storage/statements/statement.ts';
import type { StepMaker } from './answer-step.ts';
import type { Transcript } from './transcript.ts';

/** What one request to a model added to an answer. */
export interface MadeStep {
  /** Which request of the run to the model it was, counted from 1. */
  step: number;
  maker: StepMaker;
  transcript: Transcript;
}

/** Stores a step with the transaction that stores its texts. A step of plain text needs no row. */
export async function insertStep(
  tx: Writer,
  { messageId, fence }: { messageId: number; fence: number },
  made: MadeStep,
): Promise<void> {
  const { step, maker, transcript } = made;
  if (!transcript.isMoreThanText) return;
  const parts = JSON.stringify(transcript.stored);
  await tx.run(insertAnswerStep, [step, maker.providerName, maker.modelName, parts, messageId, fence]);
}
