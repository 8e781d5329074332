import type { LanguageModelV3Usage } from '@ai-sdk/provider';
import type { Run } from '../../generated/prisma/client.ts';
import { countOf } from './count-of.ts';

/**
 * Token counts. `reasoningTokens` are part of the output. `cachedInputTokens`, which the provider read from its cache, and
 * `cacheWriteInputTokens`, which it wrote there, are parts of the input that have no token in common.
 */
export interface TokenCounts {
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
}

/** Tokens that one model has used. */
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
    cacheWriteInputTokens: 0,
    measured: true,
  };
}

/** The usage that a run's row holds. */
export function usageOf(run: Run): Usage {
  const { providerName, modelName, usageMeasured: measured } = run;
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens } = run;
  const counts = { inputTokens, outputTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens };
  return { providerName, modelName, ...counts, measured };
}

/** The token counts in the order in which prepared statements take them. */
export function countParameters(counts: TokenCounts): number[] {
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens } = counts;
  return [inputTokens, outputTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens];
}

/** Adds a model call to a run's usage. The sum is measured only when both parts are. */
export function addUsage(usage: Usage, step: TokenCounts & { measured: boolean }): Usage {
  return {
    ...usage,
    ...addCounts(usage, step),
    measured: usage.measured && step.measured,
  };
}

function addCounts(a: TokenCounts, b: TokenCounts): TokenCounts {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
  };
}

/**
 * The token counts that the provider reported for one model call. Undefined when the input or the output count is
 * missing or is no count, or when the input count is 0: servers that do not count, or that leave out cached tokens,
 * report 0.
 */
export function reportedCounts(usage: LanguageModelV3Usage): TokenCounts | undefined {
  const inputTokens = countOf(usage.inputTokens.total);
  const outputTokens = countOf(usage.outputTokens.total);
  if (!inputTokens || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    outputTokens,
    reasoningTokens: countOf(usage.outputTokens.reasoning) ?? 0,
    cachedInputTokens: countOf(usage.inputTokens.cacheRead) ?? 0,
    cacheWriteInputTokens: countOf(usage.inputTokens.cacheWrite) ?? 0,
  };
}
