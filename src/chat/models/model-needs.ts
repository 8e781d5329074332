import type { ModelName } from './context-limits.ts';

/** What a model needs of every prompt, as its refusals have told. */
export interface ModelNeeds {
  /** It refuses a request that declares tools. */
  callsAsText: boolean;
  /** It refuses an answer without `reasoning_content`. */
  reasoningInEach: boolean;
}

/** How long a need is remembered, in milliseconds. The server may be started again with another model of that name. */
const rememberedMs = 600_000;

/** Remembers what each model needs, so that a refusal costs one request and not one for each prompt. */
export interface NeedsByModel {
  of(model: ModelName): ModelNeeds;
  learn(model: ModelName, need: keyof ModelNeeds): void;
}

export function createNeedsByModel(): NeedsByModel {
  const learned = new Map<string, number>();
  const keyOf = ({ providerName, modelName }: ModelName, need: keyof ModelNeeds) =>
    JSON.stringify([providerName, modelName, need]);
  const has = (model: ModelName, need: keyof ModelNeeds) =>
    (learned.get(keyOf(model, need)) ?? 0) > Date.now();
  return {
    of: (model) => ({
      callsAsText: has(model, 'callsAsText'),
      reasoningInEach: has(model, 'reasoningInEach'),
    }),
    learn: (model, need) => void learned.set(keyOf(model, need), Date.now() + rememberedMs),
  };
}

/** The need that a provider's refusal tells of, by the words in which servers say it; undefined for another refusal. */
export function needIn(refusal: string): keyof ModelNeeds | undefined {
  // DeepSeek: "The `reasoning_content` in the thinking mode must be passed back". Kimi: "reasoning_content is missing".
  if (/reasoning_content/.test(refusal) && /must|missing|required/i.test(refusal)) return 'reasoningInEach';
  // Ollama: "does not support tools". vLLM: "tool choice requires". llama.cpp: "tools param requires".
  return /\btools?\b|\btool_|\bfunction.?call/i.test(refusal) ? 'callsAsText' : undefined;
}
