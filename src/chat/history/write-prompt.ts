import type {
  LanguageModelV3Message,
  LanguageModelV3ReasoningPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import { modelFamily } from '../models/model-family.ts';
import type { AnswerStep, StepMaker, StepPart, Turn } from './answer-step.ts';
import { toolResultPart } from './tool-result.ts';
import { CallIds, wireName } from './wire-names.ts';

export interface PromptTarget extends StepMaker {
  /** Tell tool calls as text, because the model refuses tools. */
  callsAsText?: boolean;
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
 */
export function writePrompt(
  systemPrompt: string | null,
  turns: readonly Turn[],
  target: PromptTarget,
): LanguageModelV3Message[] {
  const callIds = new CallIds();
  const isSystem = systemPrompt !== null && systemPrompt.trim() !== '';
  return [
    ...(isSystem ? [{ role: 'system' as const, content: systemPrompt }] : []),
    ...turns.flatMap((turn): LanguageModelV3Message[] => [
      { role: 'user', content: [{ type: 'text', text: turn.prompt }] },
      ...writeAnswer(turn, target, callIds),
    ]),
  ];
}

function writeAnswer(turn: Turn, target: PromptTarget, callIds: CallIds): LanguageModelV3Message[] {
  const hasCalls = turn.steps.some(({ parts }) => parts.some(({ type }) => type === 'call'));
  const messages = turn.steps.flatMap((step) => {
    if (target.callsAsText) return writeAsText(step);
    const isOwn = isMadeBy(step, target);
    return writeStep(step, { isOwn, hasCalls, answerId: turn.answerId, callIds });
  });
  if (turn.unfinished !== null && messages.at(-1)?.role !== 'assistant') {
    messages.push({ role: 'assistant', content: [{ type: 'text', text: turn.unfinished }] });
  }
  return target.callsAsText ? joinTexts(messages) : messages;
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
  /** The answer has tool calls. */
  hasCalls: boolean;
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
      content.push({ type: 'tool-call', toolCallId, toolName, input: part.args, ...optionsOf(part, setup) });
      results.push({ ...toolResultPart(part.result ?? lostCall(part)), toolCallId, toolName });
    } else if (isRepeated(part, setup)) {
      content.push({ type: part.type, text: part.text, ...optionsOf(part, setup) });
    }
  }
  // An answer of nothing but reasoning is refused by DeepSeek, and means nothing to another model.
  if (content.every(({ type }) => type === 'reasoning')) return [];
  const messages: LanguageModelV3Message[] = [{ role: 'assistant', content }];
  if (results.length > 0) messages.push({ role: 'tool', content: results });
  return messages;
}

type WrittenPart = Exclude<StepPart, { type: 'call' }>;

/**
 * Text is repeated unless it is blank; Gemini signs a blank text, which must be repeated too. Reasoning is repeated to the model that made it when it is signed, or when
 * the answer has tool calls: DeepSeek, Kimi and Qwen then want `reasoning_content` back. DeepSeek R1, which has no tools,
 * refuses it.
 */
function isRepeated({ type, text, metadata }: WrittenPart, { isOwn, hasCalls }: StepSetup): boolean {
  if (type === 'text') return text.trim() !== '' || (isOwn && thoughtSignature(metadata) !== undefined);
  return isOwn && (metadata !== undefined || (hasCalls && text !== ''));
}

function optionsOf({ metadata }: StepPart, { isOwn }: StepSetup) {
  return isOwn && metadata !== undefined ? { providerOptions: withGoogleSignature(metadata) } : {};
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

/** The result of a call that has none, because the gateway stopped: providers refuse a call without a result. */
function lostCall({ callId, name }: StepPart & { type: 'call' }) {
  return { callId, name, status: 'CANCELLED', result: null, exitCode: null } as const;
}

/** Tells a step in words, for a model that is not given tools. */
function writeAsText({ parts }: AnswerStep): LanguageModelV3Message[] {
  const texts = parts.map((part) => {
    if (part.type === 'text') return part.text.trim();
    if (part.type !== 'call') return '';
    const { output } = toolResultPart(part.result ?? lostCall(part));
    const result = 'value' in output ? String(output.value) : '';
    return `[Called the tool ${wireName(part.name)} with ${JSON.stringify(part.args)}. Its result:\n${result}]`;
  });
  const text = texts.filter((each) => each !== '').join('\n\n');
  return text === '' ? [] : [{ role: 'assistant', content: [{ type: 'text', text }] }];
}

/** Joins the steps of an answer that became texts into one message, because prompts and answers must alternate. */
function joinTexts(messages: LanguageModelV3Message[]): LanguageModelV3Message[] {
  const texts = messages.flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
  );
  if (texts.length === 0) return [];
  return [{ role: 'assistant', content: [{ type: 'text', text: texts.join('\n\n') }] }];
}
