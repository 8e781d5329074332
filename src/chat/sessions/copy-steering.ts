import type { Message } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import type { Reader, Writer } from '../../storage/statements/statement.ts';
import {
  joinAnswer,
  keptMessages,
  setSteeredPrompts,
  steeringOf,
} from '../../storage/statements/steering.ts';
import { type SteeredPrompt, steeredPromptsOf } from '../history/steered-prompts.ts';

/**
 * The prompts that have joined some answers and were not deleted. They belong to a copy of these answers, also where they lie
 * on another branch or behind its end: the answers were written with them.
 */
export async function promptsOfAnswers(statements: Reader, ids: Iterable<number>): Promise<number[]> {
  const steered = await statements.all(steeringOf, [idList(ids)]);
  const prompts = steered.flatMap(steeredPromptsOf).map(({ messageId }) => messageId);
  if (prompts.length === 0) return [];
  return (await statements.all(keptMessages, [idList(prompts)])).map(({ id }) => id);
}

/** Lets the copies of prompts join the copies of their answers. One for each copy of a session. */
export class SteeringCopies {
  /** The copied answers that prompts have joined, by the ids of the originals. */
  readonly #answers = new Map<
    number,
    { copyId: number; original: SteeredPrompt[]; joined: SteeredPrompt[] }
  >();

  /**
   * Call it after each piece was copied, from the oldest on: a prompt comes after the answer that it has joined.
   *
   * @param copies The ids of the copies, by those of the originals.
   */
  async copy(tx: Writer, copies: ReadonlyMap<number, number>): Promise<void> {
    for (const message of await tx.all(steeringOf, [idList(copies.keys())])) {
      const copyId = copies.get(message.id) ?? 0;
      const original = steeredPromptsOf(message);
      if (original.length > 0) this.#answers.set(message.id, { copyId, original, joined: [] });
      else await this.#join(tx, message, copyId);
    }
  }

  async #join(tx: Writer, { id, steeredIntoId }: Pick<Message, 'id' | 'steeredIntoId'>, copyId: number) {
    const answer = this.#answers.get(steeredIntoId ?? 0);
    const place = answer?.original.find(({ messageId }) => messageId === id);
    if (answer === undefined || place === undefined) return;
    answer.joined.push({ ...place, messageId: copyId });
    await tx.get(joinAnswer, [answer.copyId, copyId]);
    await tx.run(setSteeredPrompts, [JSON.stringify(answer.joined), answer.copyId]);
  }
}
