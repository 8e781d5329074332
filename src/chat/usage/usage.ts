import type { LanguageModelV3Usage } from '@ai-sdk/provider';

/** Token counts. `reasoningTokens` are part of the output, `cachedInputTokens` part of the input. */
export interface TokenCounts {
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
}

/** Tokens used of one model. */
export interface Usage extends TokenCounts {
  providerName: string;
  modelName: string;
  /** True when the provider reported every number; false when the gateway estimated some. */
  measured: boolean;
}

export function noUsage(model: { providerName: string; modelName: string }): Usage {
  return {
    providerName: model.providerName,
    modelName: model.modelName,
    inputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    cachedInputTokens: 0,
    measured: true,
  };
}

/** The sum; measured only when both are. */
export function addUsage(usage: Usage, step: TokenCounts & { measured: boolean }): Usage {
  return {
    ...usage,
    ...addCounts(usage, step),
    measured: usage.measured && step.measured,
  };
}

export function addCounts(a: TokenCounts, b: TokenCounts): TokenCounts {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  };
}

/**
 * What the provider reported for one model call; undefined when the essential numbers are missing. No input at
 * all is such a number: servers that do not count, or not what they had cached, say 0.
 */
export function reportedCounts(usage: LanguageModelV3Usage): TokenCounts | undefined {
  const { inputTokens, outputTokens } = usage;
  if (!inputTokens.total || outputTokens.total === undefined) return undefined;
  return {
    inputTokens: inputTokens.total,
    outputTokens: outputTokens.total,
    reasoningTokens: outputTokens.reasoning ?? 0,
    cachedInputTokens: inputTokens.cacheRead ?? 0,
  };
}
