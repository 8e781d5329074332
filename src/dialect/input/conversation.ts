import { isBlank } from '../../base/is-blank.ts';
import { badParameter } from '../errors/api-error.ts';
import { type AnswerPart, answerText, PartialAnswer, type ToldCall } from './answer-parts.ts';
import type { ClientFile } from './client-file.ts';

/** What a message says, and the files that belong to it. */
export interface MessageText {
  text: string;
  files: ClientFile[];
}

/** A message of a client's list. */
export type ListedMessage = SpokenMessage | ToolMessage;

interface SpokenMessage extends MessageText {
  role: 'system' | 'user' | 'assistant';
  /** The calls that an answer has made of the client's tools. */
  calls?: readonly ToldCall[];
  /** Where it stands: `messages[2]`. */
  param: string;
}

/** The result of a call that the client has run. */
export interface ToolMessage {
  role: 'tool';
  callId: string;
  text: string;
  param: string;
  /** The parameter that has the id of the call: `messages[2].tool_call_id`. */
  idParam: string;
}

export interface Exchange {
  prompt: MessageText & { param: string };
  /** The whole answer in words, calls included. */
  answer: string;
  parts: readonly AnswerPart[];
}

/** A conversation as the gateway holds it: instructions, exchanges of a prompt and its answer, and a new prompt. */
export interface Conversation {
  /** Null if the client sent nothing of the kind. */
  system: string | null;
  exchanges: Exchange[];
  prompt: MessageText & { param: string };
  /** The answer to the prompt so far, if that has begun and waits for the results of the client's tools, which it ends with. */
  begun: readonly AnswerPart[] | null;
}

/**
 * Makes a conversation of a list of messages. Messages of one side that follow each other become one, with an empty line
 * between them, because a session has one answer for each prompt.
 *
 * @param param The list: `messages`.
 * @throws ApiError 400 for a list that is no conversation which ends with a prompt, or with the results of tools.
 */
export function toConversation(messages: readonly ListedMessage[], param: string): Conversation {
  const first = messages.findIndex(({ role }) => role !== 'system');
  const instructions = messages.slice(0, first === -1 ? messages.length : first);
  const exchanges: Exchange[] = [];
  let prompt: Conversation['prompt'] | undefined;
  let answer: PartialAnswer | undefined;
  for (const message of messages.slice(instructions.length)) {
    const { role, text, param } = message;
    if (role === 'system') {
      throw badParameter(`${param}.role`, 'the gateway takes instructions only before all other messages.');
    }
    if (role === 'user') {
      if (prompt && answer) exchanges.push(exchangeOf(prompt, answer));
      prompt = prompt && !answer ? joined(prompt, message) : { text, files: message.files, param };
      answer = undefined;
      continue;
    }
    if (prompt === undefined) throw badParameter(`${param}.role`, 'expected a message of the user first.');
    answer ??= new PartialAnswer();
    if (role === 'tool') answer.addResult(message);
    else if (message.files.length > 0) throw badParameter(param, 'expected no files in an answer.');
    else answer.add(message);
  }
  if (prompt === undefined || answer?.endsWithText) {
    throw badParameter(param, 'expected a message of the user at the end, which is to be answered.');
  }
  const begun = answer?.finish() ?? null;
  const system = instructions.map(({ text }) => text).join('\n\n');
  return { system: system === '' ? null : system, exchanges, prompt: withText(prompt), begun };
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

/**
 * The conversation with the answer so far told within the prompt, for a session that has no run which could go on with it:
 * because the results came too late, for example, or the conversation was begun elsewhere.
 */
export function retold(conversation: Conversation): Conversation {
  const { prompt, begun } = conversation;
  if (begun === null) return conversation;
  const text = `${prompt.text}\n\n(You have begun to answer. Go on from here:)\n\n${answerText(begun)}`;
  return { ...conversation, prompt: { ...prompt, text }, begun: null };
}

function exchangeOf(prompt: Conversation['prompt'], answer: PartialAnswer): Exchange {
  const parts = answer.finish();
  return { prompt: withText(prompt), answer: answerText(parts), parts };
}

function withText(prompt: Conversation['prompt']): Conversation['prompt'] {
  if (isBlank(prompt.text) && prompt.files.length === 0)
    throw badParameter(`${prompt.param}.content`, 'expected some text.');
  return prompt;
}

function joined(prompt: Conversation['prompt'], { text, files }: MessageText): Conversation['prompt'] {
  return { ...prompt, text: `${prompt.text}\n\n${text}`, files: [...prompt.files, ...files] };
}
