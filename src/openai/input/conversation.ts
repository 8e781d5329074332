import { isBlank } from '../../base/is-blank.ts';
import { badParameter } from '../errors/api-error.ts';
import type { MessageText } from './message-text.ts';

/** A message of a client's list. */
export interface ListedMessage extends MessageText {
  role: 'system' | 'user' | 'assistant';
  /** Where it stands: `messages[2]`. */
  param: string;
}

export interface Exchange {
  prompt: MessageText & { param: string };
  answer: string;
}

/** A conversation as the gateway holds it: instructions, exchanges of a prompt and its answer, and a new prompt. */
export interface Conversation {
  /** Null: there are none. */
  system: string | null;
  exchanges: Exchange[];
  prompt: MessageText & { param: string };
}

/**
 * Makes a conversation of a list of messages. Messages of one side that follow each other become one, with an empty line
 * between them, because a session has one answer for each prompt.
 *
 * @param param The list: `messages`.
 * @throws ApiError 400 for a list that is no conversation which ends with a prompt.
 */
export function toConversation(messages: readonly ListedMessage[], param: string): Conversation {
  const first = messages.findIndex(({ role }) => role !== 'system');
  const instructions = messages.slice(0, first === -1 ? messages.length : first);
  const exchanges: Exchange[] = [];
  let prompt: Conversation['prompt'] | undefined;
  let isAnswered = false;
  for (const { role, text, files, param } of messages.slice(instructions.length)) {
    if (role === 'system') {
      throw badParameter(`${param}.role`, 'the gateway takes instructions only before all other messages.');
    }
    if (role === 'user') {
      if (prompt !== undefined && !isAnswered) {
        prompt = { ...prompt, text: join(prompt.text, text), files: [...prompt.files, ...files] };
      } else {
        prompt = { text, files, param };
      }
      isAnswered = false;
      continue;
    }
    if (prompt === undefined) throw badParameter(`${param}.role`, 'expected a message of the user first.');
    if (files.length > 0) throw badParameter(param, 'expected no files in an answer.');
    const last = exchanges.at(-1);
    if (isAnswered && last) last.answer = join(last.answer, text);
    else exchanges.push({ prompt: withText(prompt), answer: text });
    isAnswered = true;
  }
  if (prompt === undefined || isAnswered) {
    throw badParameter(param, 'expected a message of the user at the end, which is to be answered.');
  }
  const system = instructions.map(({ text }) => text).join('\n\n');
  return { system: system === '' ? null : system, exchanges, prompt: withText(prompt) };
}

/**
 * The exchanges as a new session takes them.
 *
 * @param problem Why an exchange may have no files, for the client.
 * @throws ApiError 400 for an exchange with files.
 */
export function historyOf(
  exchanges: readonly Exchange[],
  problem: string,
): { prompt: string; answer: string }[] {
  return exchanges.map(({ prompt, answer }) => {
    if (prompt.files.length === 0) return { prompt: prompt.text, answer };
    throw badParameter(`${prompt.param}.content`, problem);
  });
}

function withText(prompt: Conversation['prompt']): Conversation['prompt'] {
  if (isBlank(prompt.text)) throw badParameter(`${prompt.param}.content`, 'expected some text.');
  return prompt;
}

function join(before: string, text: string): string {
  return `${before}\n\n${text}`;
}
