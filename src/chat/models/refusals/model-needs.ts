import type { ModelName } from './context-limits.ts';
import { RefusalMemory } from './refusal-memory.ts';

/** What a model needs of every prompt, as its refusals have told. */
export interface ModelNeeds {
  /** It refuses a request that declares tools: it gets none, and is told earlier calls as text. */
  callsAsText: boolean;
  /** It refuses an answer without `reasoning_content`. */
  reasoningInEach: boolean;
  /** It refuses an answer with `reasoning_content`. */
  reasoningInNone: boolean;
  /** It refuses a system message: it is told the system prompt with the first prompt. */
  systemInPrompt: boolean;
  /** It refuses images and other files: a sentence stands for each. */
  noFiles: boolean;
}

export type ModelNeed = keyof ModelNeeds;

/** Remembers what each model needs, so that a refusal costs one request and not one for each prompt. */
export interface NeedsByModel {
  of(model: ModelName): ModelNeeds;
  learn(model: ModelName, need: ModelNeed): void;
}

export function createNeedsByModel(): NeedsByModel {
  const learned = new RefusalMemory<true>();
  const keyOf = ({ providerName, modelName }: ModelName, need: ModelNeed) =>
    JSON.stringify([providerName, modelName, need]);
  const has = (model: ModelName, need: ModelNeed) => learned.recall(keyOf(model, need)) ?? false;
  return {
    of: (model) => ({
      callsAsText: has(model, 'callsAsText'),
      reasoningInEach: has(model, 'reasoningInEach'),
      reasoningInNone: has(model, 'reasoningInNone'),
      systemInPrompt: has(model, 'systemInPrompt'),
      noFiles: has(model, 'noFiles'),
    }),
    learn: (model, need) => learned.remember(keyOf(model, need), true),
  };
}

const reasoning = /\breasoning(?:_content|_details)?\b/i;
const isMissing = /\bmust\b(?! not)|missing|required|pass(?:ed)? back|expected/i;
const tools = /\btools?\b|\btool_|\btool[ -]?(?:use|call|choice)|\bfunctions\b|\bfunction[ _-]?call/i;
/** vLLM and llama.cpp name the option with which they must be started. */
const isRefused =
  /n[o']t (?:\w+ )?(?:support|enable|allow|permit|implement|available|accept)|unsupported|no endpoints? found|requires? \S?--|extra[_ ](?:forbidden|inputs)|unrecogni[sz]ed|unknown (?:field|parameter|argument|name)|must not|remove/i;

/** Some templates only say that roles must alternate. They always do, apart from a system message. */
const noSystem =
  /system (?:role|message|prompt|instruction)s? (?:is |are )?not (?:supported|allowed|enabled)|not support '?system|developer instruction is not|only user and assistant roles|^(?!.*after the optional system).*roles must alternate/i;

const files =
  /not (?:a )?multi-?modal|\b(?:image|audio|vision|video|pdf|file|document)(?:_url)?(?:s| inputs?| content)? (?:(?:is|are) )?(?:not|only) supported|n[o']t support (?:the )?(?:image|audio|vision|pdf|file|document|multi-?modal)|support image input|required for image input|unknown variant `?(?:image_url|input_audio|file)|at most 0 (?:image|audio)|\bmmproj\b/i;

/**
 * Finds the need that a provider's refusal tells of, by the words in which servers say it:
 *
 * - DeepSeek V4: "The `reasoning_content` in the thinking mode must be passed back"; Kimi: "reasoning_content is missing";
 * - Groq: "property 'reasoning_content' is unsupported"; Mistral: "reasoning_content: Extra inputs are not permitted";
 * - Ollama: "does not support tools"; OpenRouter: "No endpoints found that support tool use"; Google: "Function calling
 *   is not enabled"; vLLM: "tool choice requires --enable-auto-tool-choice"; llama.cpp: "tools param requires --jinja";
 * - Gemma: "System role not supported"; Google: "Developer instruction is not enabled"; OpenAI's o1-mini:
 *   "'messages[0].role' does not support 'system'"; older templates of Mistral: "Conversation roles must alternate";
 * - DeepSeek: "unknown variant `image_url`, expected `text`"; OpenRouter: "No endpoints found that support image input";
 *   vLLM: "is not a multimodal model", "At most 0 image(s)"; llama.cpp: "image input is not supported - hint: … mmproj";
 *   Ollama: "missing data required for image input"; OpenAI: "image_url is only supported by certain models".
 *
 * @returns Undefined for another refusal.
 */
export function needIn(refusal: string): ModelNeed | undefined {
  if (noSystem.test(refusal)) return 'systemInPrompt';
  if (files.test(refusal)) return 'noFiles';
  if (reasoning.test(refusal)) {
    // Some models take no tools while they reason. Without tools they would answer, but not what was asked for.
    if (tools.test(refusal)) return undefined;
    if (isRefused.test(refusal)) return 'reasoningInNone';
    return isMissing.test(refusal) ? 'reasoningInEach' : undefined;
  }
  return tools.test(refusal) && isRefused.test(refusal) ? 'callsAsText' : undefined;
}
