import type { Message } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { keptMessages } from '../../storage/statements/steering.ts';
import { attachmentsOfMessages } from '../../storage/statements/uploads.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import type { JoinedPrompt, ToldPrompt } from './answer-step.ts';
import { type AttachedFilesOptions, attachmentTokens } from './attached-files.ts';
import { messageOverhead } from './message-tokens.ts';

/** A prompt that has joined an answer, as the column `Message.steeredPrompts` of the answer holds it. */
export interface SteeredPrompt {
  /** The prompt. It may have been deleted. */
  messageId: number;
  /** The request to the model that was the first to tell it, counted from 1 within the run. */
  step: number;
  /** How much of the answer was written before, in UTF-16 code units. */
  textOffset: number;
  reasoningOffset: number;
  /** How many tool calls of the answer were made before: several steps may have no text between them. */
  callsBefore: number;
}

/** The prompts that have joined an answer, in the order in which the model was told them. */
export function steeredPromptsOf({ steeredPrompts }: Pick<Message, 'steeredPrompts'>): SteeredPrompt[] {
  return (steeredPrompts ?? []) as unknown as SteeredPrompt[];
}

/** Reads what the model is told of the prompts that have joined answers. Deleted ones are left out. */
export async function readJoined(
  statements: Reader,
  answers: readonly Pick<Message, 'id' | 'steeredPrompts'>[],
): Promise<Map<number, JoinedPrompt[]>> {
  // Most answers have no such prompt, and cost no statement.
  const having = answers.filter(({ steeredPrompts }) => steeredPrompts !== null);
  const joined = new Map<number, JoinedPrompt[]>();
  if (having.length === 0) return joined;
  const ids = having.flatMap((answer) => steeredPromptsOf(answer).map(({ messageId }) => messageId));
  const prompts = await toldPrompts(statements, await statements.all(keptMessages, [idList(ids)]));
  for (const answer of having) {
    const told = steeredPromptsOf(answer).flatMap(({ messageId, step }) => {
      const prompt = prompts.get(messageId);
      return prompt ? [{ ...prompt, step }] : [];
    });
    joined.set(answer.id, told);
  }
  return joined;
}

/** What the model is told of prompts, by their ids. */
export async function toldPrompts(
  statements: Reader,
  messages: readonly Message[],
): Promise<Map<number, ToldPrompt>> {
  const having = messages.filter(({ attachmentCount }) => attachmentCount > 0);
  const ids = idList(having.map(({ id }) => id));
  const files = having.length === 0 ? [] : await statements.all(attachmentsOfMessages, [ids]);
  return new Map(
    messages.map(({ id, content }) => [
      id,
      { text: content, files: files.filter(({ messageId }) => messageId === id) },
    ]),
  );
}

/** Estimated tokens of prompts that have joined an answer. */
export async function joinedTokens(
  prompts: readonly ToldPrompt[],
  model: Pick<AttachedFilesOptions, 'takes'>,
): Promise<number> {
  const files = prompts.reduce((sum, prompt) => sum + attachmentTokens(prompt.files, model), 0);
  return (
    files + prompts.length * messageOverhead + (await countTokens(prompts.map(({ text }) => text).join('')))
  );
}
