import type { Run } from '../../generated/prisma/client.ts';
import { stepsOfMessages } from '../../storage/statements/answer-steps.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { toolCallsOfMessages } from '../../storage/statements/tool-calls.ts';
import type { AnswerStep } from './answer-step.ts';
import type { AttachedFilesOptions } from './attached-files.ts';
import { messageTokens } from './message-tokens.ts';
import { joinedTokens, readJoined } from './steered-prompts.ts';
import { toSteps } from './stored-turns.ts';

/** Reads the steps that the answer of a run has so far, and their estimated tokens. */
export async function readAnswerSoFar(
  statements: Reader,
  { assistantMessageId }: Pick<Run, 'assistantMessageId'>,
  model: Pick<AttachedFilesOptions, 'takes'>,
): Promise<{ steps: AnswerStep[]; tokens: number }> {
  const id = assistantMessageId ?? 0;
  const message = await statements.get(visibleMessageById, [id]);
  if (message === undefined) return { steps: [], tokens: 0 };
  const toolCalls = await statements.all(toolCallsOfMessages, [idList([id])]);
  const steps = await statements.all(stepsOfMessages, [idList([id])]);
  const joined = (await readJoined(statements, [message])).get(id) ?? [];
  const stored = { ...message, toolCalls, steps, attachments: [], joined };
  const tokens = (await messageTokens(stored)) + (await joinedTokens(joined, model));
  return { steps: toSteps(stored), tokens };
}
