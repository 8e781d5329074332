import { RefusalMemory } from './refusal-memory.ts';

/** The context limit of a model that does not state one, in tokens. */
export const assumedContextLimit = 128_000;
/** Tokens kept free for the answer of a model that is not asked for a number of them. */
const usualAnswer = 4_096;

/** A refusal of a shorter prompt says nothing about the context: no model has so small a one. In tokens. */
const leastRefused = 1_000;

export interface ModelName {
  providerName: string;
  modelName: string;
}

/** How many tokens a request to a model may have. */
export interface RequestLimits {
  /** The most tokens of the prompt, with the system prompt and the tools. */
  maxPromptTokens: number;
  /** The most tokens of the answer, as the request states it; null: the provider takes what is free. */
  maxOutputTokens: number | null;
}

/** Splits the contexts of models between prompt and answer, and remembers prompts that were refused as too long. */
export interface ContextLimits {
  /**
   * @param contextLimit Tokens that fit into the context; null when nobody knows.
   * @param asked The most output tokens that the provider must be asked for; null when it needs no number. What is
   *   kept free for the answer is what is asked for, and at most a quarter of the context.
   */
  of(model: ModelName, contextLimit: number | null, asked: number | null): RequestLimits;
  /** @param tokens Estimated tokens of the refused prompt. */
  refused(model: ModelName, tokens: number): void;
}

export function createContextLimits(): ContextLimits {
  const refusedTokens = new RefusalMemory<number>();
  const keyOf = ({ providerName, modelName }: ModelName) => JSON.stringify([providerName, modelName]);
  return {
    of(model, contextLimit, asked) {
      const limit = contextLimit ?? assumedContextLimit;
      const answer = Math.min(asked ?? usualAnswer, Math.floor(limit / 4));
      const refused = refusedTokens.recall(keyOf(model)) ?? Number.POSITIVE_INFINITY;
      return {
        // A tenth less than what was refused, because another prompt of the same estimate can be a little longer.
        maxPromptTokens: Math.min(limit - answer, Math.floor(refused * 0.9)),
        maxOutputTokens: asked === null ? null : answer,
      };
    },
    refused(model, tokens) {
      if (tokens < leastRefused) return;
      refusedTokens.remember(keyOf(model), tokens);
    },
  };
}
