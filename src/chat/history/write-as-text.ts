import type { LanguageModelV3Message } from '@ai-sdk/provider';
import { isBlank } from '../../base/is-blank.ts';
import { passLongIntegers, writeJson } from '../../base/long-integers.ts';
import type { AnswerStep, CallPart, Turn } from './answer-step.ts';
import { type FileParts, joinedMessage, joinedNote } from './attached-files.ts';
import { resultText } from './tool-result.ts';

/**
 * Tells an answer and its tool calls in words, for a model that refuses tools. It becomes one message, because prompts
 * and answers must alternate, and one more for each time that prompts joined it. A model that calls tools that it was not
 * given is asked to go on: its answer so far ends with its own words, and the last message must be of the user.
 */
export function writeAsText({ steps, unfinished }: Turn, files: FileParts): LanguageModelV3Message[] {
  const messages: LanguageModelV3Message[] = [];
  let texts: string[] = [];
  for (const step of steps) {
    if (step.prompts) {
      messages.push(
        inWords(texts.length === 0 ? joinedNote : texts.join('\n\n')),
        joinedMessage(step.prompts, files),
      );
      texts = [];
    }
    texts.push(...textsOf(step).filter((text) => !isBlank(text)));
  }
  const isStopped = steps.at(-1)?.parts.some(({ type }) => type === 'call') ?? true;
  if (unfinished !== null && (isStopped || texts.length === 0)) texts.push(unfinished);
  if (texts.length === 0) return messages;
  messages.push(inWords(texts.join('\n\n')));
  if (unfinished === null) messages.push({ role: 'user', content: [{ type: 'text', text: '(Go on.)' }] });
  return messages;
}

/** What an assistant has said. */
export function inWords(text: string): LanguageModelV3Message {
  return { role: 'assistant', content: [{ type: 'text', text }] };
}

function textsOf({ parts }: AnswerStep): string[] {
  return parts.map((part) => {
    if (part.type === 'call') return callInWords(part);
    return part.type === 'text' ? part.text.trim() : '';
  });
}

function callInWords(call: CallPart): string {
  const { name, args } = call;
  return `[Called the tool ${JSON.stringify(name)} with ${writeJson(passLongIntegers(args))}. Its result:\n${resultText(call)}]`;
}
