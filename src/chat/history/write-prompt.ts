import type {
  LanguageModelV3Message,
  LanguageModelV3ReasoningPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import { isBlank } from '../../base/is-blank.ts';
import { passLongIntegers } from '../../base/long-integers.ts';
import { shareTurn } from '../../base/share-turn.ts';
import { modelFamily } from '../models/model-family.ts';
import type { AnswerStep, StepMaker, StepPart, Turn } from './answer-step.ts';
import { type FileParts, joinedMessage, joinedNote, joinTexts, promptParts } from './attached-files.ts';
import { toolResultPart } from './tool-result.ts';
import { CallIds, wireName } from './wire-names.ts';
import { inWords, writeAsText } from './write-as-text.ts';

export interface PromptTarget extends StepMaker {
  /** Tell tool calls as text, because the model refuses tools. */
  callsAsText?: boolean;
  /** Give every answer a reasoning, because the model refuses answers without one, as DeepSeek V4 and Kimi do. */
  reasoningInEach?: boolean;
  /** Give no answer a reasoning, because the model refuses answers with one, as DeepSeek R1 does. */
  reasoningInNone?: boolean;
  /** Tell the system prompt with the first prompt, because the model refuses a system message, as Gemma does. */
  systemInPrompt?: boolean;
}

/**
 * Writes the messages for a request to a model, in the format of the AI SDK. Whatever happened in the session before,
 * they hold what the strictest provider asks for:
 *
 * - prompts and answers alternate: an answer that was never written, or that ends in a tool result, is replaced or
 *   ended by a sentence that says why (Mistral and many chat templates refuse two prompts in a row, and a prompt
 *   after a tool result);
 * - no blank text and no blank system prompt (Anthropic refuses both);
 * - every tool call has its result, with an id and a name that the provider takes;
 * - reasoning and signatures go back to the model that made them, and to no other.
 *
 * @param files What stands for the attachments of the prompts. It comes before the text of a prompt.
 */
export async function writePrompt(
  systemPrompt: string | null,
  turns: readonly Turn[],
  target: PromptTarget,
  files: FileParts = new Map(),
): Promise<LanguageModelV3Message[]> {
  const callIds = new CallIds();
  const system = isBlank(systemPrompt ?? '') ? '' : (systemPrompt ?? '');
  const beginning = target.systemInPrompt && system !== '' ? `${system}\n\n` : '';
  const messages: LanguageModelV3Message[] = [];
  if (system !== '' && !target.systemInPrompt) messages.push({ role: 'system', content: system });
  for (const [index, turn] of turns.entries()) {
    const wait = shareTurn();
    if (wait) await wait;
    const text = index === 0 ? `${beginning}${turn.prompt}` : turn.prompt;
    const content = joinTexts(promptParts(files.get(turn), text));
    messages.push({ role: 'user', content });
    const answer = target.callsAsText
      ? writeAsText(turn, files)
      : writeAnswer(turn, { target, callIds, files });
    for (const message of answer) messages.push(adaptReasoning(message, target));
  }
  return messages;
}

interface AnswerSetup {
  target: PromptTarget;
  callIds: CallIds;
  files: FileParts;
}

function writeAnswer(turn: Turn, { target, callIds, files }: AnswerSetup): LanguageModelV3Message[] {
  const hasCalls = turn.steps.some(hasCall);
  const messages: LanguageModelV3Message[] = [];
  for (const step of turn.steps) {
    if (step.prompts) {
      // No prompt may follow a prompt or a tool result.
      if (messages.at(-1)?.role !== 'assistant') messages.push(inWords(joinedNote));
      messages.push(joinedMessage(step.prompts, files));
    }
    const repeatsReasoning = hasCalls || target.reasoningInEach === true;
    const isOwn = isMadeBy(step, target);
    messages.push(...writeStep(step, { isOwn, repeatsReasoning, answerId: turn.answerId, callIds }));
  }
  if (turn.unfinished !== null && messages.at(-1)?.role !== 'assistant') {
    messages.push(inWords(turn.unfinished));
  }
  return messages;
}

function hasCall({ parts }: AnswerStep): boolean {
  return parts.some(({ type }) => type === 'call');
}

function adaptReasoning(message: LanguageModelV3Message, target: PromptTarget): LanguageModelV3Message {
  if (message.role !== 'assistant') return message;
  if (target.reasoningInNone) {
    return { ...message, content: message.content.filter(({ type }) => type !== 'reasoning') };
  }
  const isComplete = !target.reasoningInEach || message.content.some(({ type }) => type === 'reasoning');
  if (isComplete) return message;
  // Kimi refuses an empty `reasoning_content`, so a missing one is named.
  return { ...message, content: [{ type: 'reasoning', text: '(not recorded)' }, ...message.content] };
}

function isMadeBy({ maker }: AnswerStep, target: PromptTarget): boolean {
  return (
    maker !== null &&
    maker.providerName === target.providerName &&
    modelFamily(maker.modelName) === modelFamily(target.modelName)
  );
}

interface StepSetup {
  /** The request goes to the model that made the step. */
  isOwn: boolean;
  /** Reasoning without a signature goes back too. */
  repeatsReasoning: boolean;
  answerId: number;
  callIds: CallIds;
}

type AssistantPart = LanguageModelV3TextPart | LanguageModelV3ReasoningPart | LanguageModelV3ToolCallPart;

function writeStep(step: AnswerStep, setup: StepSetup): LanguageModelV3Message[] {
  const content: AssistantPart[] = [];
  const results: ReturnType<typeof toolResultPart>[] = [];
  for (const part of step.parts) {
    if (part.type === 'call') {
      const toolCallId = setup.callIds.next(part.callId, setup);
      const toolName = wireName(part.name);
      const input = passLongIntegers(part.args);
      content.push({ type: 'tool-call', toolCallId, toolName, input, ...optionsOf(part, setup) });
      results.push({ ...toolResultPart(part), toolCallId, toolName });
    } else if (isRepeated(part, setup)) {
      content.push({ type: part.type, text: part.text, ...optionsOf(part, setup) });
    }
  }
  // Reasoning at the end is refused by Anthropic, OpenAI and DeepSeek, and means nothing to another model.
  const end = content.findLastIndex(({ type }) => type !== 'reasoning') + 1;
  if (end === 0) return [];
  const messages: LanguageModelV3Message[] = [{ role: 'assistant', content: content.slice(0, end) }];
  if (results.length > 0) messages.push({ role: 'tool', content: results });
  return messages;
}

type WrittenPart = Exclude<StepPart, { type: 'call' }>;

/**
 * Text is repeated unless it is blank. Reasoning is repeated to the model that made it when it is signed, or when the
 * answer has tool calls: DeepSeek, Kimi and Qwen then want `reasoning_content` back. DeepSeek R1, which has no tools,
 * refuses it.
 */
function isRepeated(part: WrittenPart, { isOwn, repeatsReasoning }: StepSetup): boolean {
  if (part.type === 'text') return !isBlank(part.text);
  return isOwn && (isSigned(part) || (repeatsReasoning && !isBlank(part.text)));
}

function optionsOf(part: StepPart, { isOwn }: StepSetup) {
  const { metadata } = part;
  return isOwn && metadata !== undefined && isSigned(part)
    ? { providerOptions: withGoogleSignature(metadata) }
    : {};
}

/** Proxies that imitate Anthropic may send an empty signature, which Anthropic refuses. */
function isSigned({ metadata }: StepPart): boolean {
  return metadata !== undefined && !Object.values(metadata).some((each) => each?.['signature'] === '');
}

/**
 * Gemini's OpenAI-compatible address sends `thought_signature` with a call and refuses the next request without it. The
 * AI SDK reads it under the name of our provider, and writes it only from under the name `google`.
 */
function withGoogleSignature(metadata: SharedV3ProviderMetadata): SharedV3ProviderMetadata {
  const signature = thoughtSignature(metadata);
  if (signature === undefined) return metadata;
  return { ...metadata, google: { ...metadata['google'], thoughtSignature: signature } };
}

function thoughtSignature(metadata: SharedV3ProviderMetadata = {}) {
  return Object.values(metadata).find((each) => each?.['thoughtSignature'])?.['thoughtSignature'];
}
