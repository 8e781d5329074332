import { insertAnswerStep } from '../../storage/statements/answer-steps.ts';
import { checkpointAnswer } from '../../storage/statements/exchanges.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import type { StepMaker } from './answer-step.ts';
import type { Transcript } from './transcript.ts';

/** What one request to a model added to an answer. */
export interface MadeStep {
  /** Which request of the run to the model it was, counted from 1. */
  step: number;
  maker: StepMaker;
  transcript: Transcript;
}

/** The answer so far, up to the end of a step. Its id is null when it was deleted meanwhile. */
interface AnswerSoFar {
  assistantMessageId: number | null;
  content: string;
  reasoning: string;
}

/**
 * Saves what a later prompt must show the model of a step, before its tools run: a crash must not lose the signatures.
 * The texts are saved in the same transaction, because a signature without the whole text that it signs is refused.
 */
export async function saveStep(statements: Statements, answer: AnswerSoFar, made: MadeStep): Promise<void> {
  const { assistantMessageId: messageId, content, reasoning } = answer;
  if (messageId === null) return;
  await statements.transaction(async (tx) => {
    await insertStep(tx, messageId, made);
    await tx.run(checkpointAnswer, [content, reasoning || null, messageId]);
  });
}

/** Stores a step with the transaction that stores its texts. A step of plain text needs no row. */
export async function insertStep(tx: Writer, messageId: number, made: MadeStep): Promise<void> {
  const { step, maker, transcript } = made;
  if (!transcript.isMoreThanText) return;
  const parts = JSON.stringify(transcript.stored);
  await tx.run(insertAnswerStep, [step, maker.providerName, maker.modelName, parts, messageId]);
}
