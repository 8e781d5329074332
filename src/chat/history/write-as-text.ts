import type { LanguageModelV3Message } from '@ai-sdk/provider';
import { isBlank } from '../../base/is-blank.ts';
import { passLongIntegers, writeJson } from '../../base/long-integers.ts';
import type { AnswerStep, CallPart, Turn } from './answer-step.ts';
import { resultText } from './tool-result.ts';

/**
 * Tells an answer and its tool calls in words, for a model that refuses tools. It becomes one message, because prompts
 * and answers must alternate. A model that calls tools that it was not given is asked to go on: its answer so far ends
 * with its own words, and the last message must be of the user.
 */
export function writeAsText({ steps, unfinished }: Turn): LanguageModelV3Message[] {
  const texts = steps.flatMap(textsOf).filter((text) => !isBlank(text));
  const isStopped = steps.at(-1)?.parts.some(({ type }) => type === 'call') ?? true;
  if (unfinished !== null && (isStopped || texts.length === 0)) texts.push(unfinished);
  if (texts.length === 0) return [];
  const answer = {
    role: 'assistant' as const,
    content: [{ type: 'text' as const, text: texts.join('\n\n') }],
  };
  if (unfinished !== null) return [answer];
  return [answer, { role: 'user', content: [{ type: 'text', text: '(Go on.)' }] }];
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
