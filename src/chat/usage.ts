import type { LanguageModelV3Usage } from '@ai-sdk/provider';

/** Tokens used of one model. `reasoningTokens` are part of the output, `cachedInputTokens` of the input. */
export interface Usage {
  providerName: string;
  modelName: string;
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
  /** True when the provider reported every number; false when the gateway estimated some. */
  measured: boolean;
}
