import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { type ModelQuestion, markForCache } from './prompt-cache.ts';
import type { ModelDialect } from './settings/model-dialect.ts';
import type { ModelSettings } from './settings/model-settings.ts';

export interface RequestSetup {
  providerName: string;
  modelName: string;
  dialect: ModelDialect;
  /** Only settings that the model takes. */
  settings: ModelSettings;
  /** The most output tokens; null when the request states no number. */
  maxOutputTokens: number | null;
}

/** Writes a request for the package of the provider. */
export function writeRequest(question: ModelQuestion, setup: RequestSetup): LanguageModelV3CallOptions {
  const { providerName, modelName, dialect, settings, maxOutputTokens } = setup;
  const { temperature, responseSchema } = settings;
  const { prompt, tools } = providerName === 'anthropic' ? markForCache(question) : question;
  return {
    prompt,
    ...(tools.length > 0 && { tools, toolChoice: { type: 'auto' } }),
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    ...(temperature !== null && { temperature }),
    ...(responseSchema !== null && { responseFormat: { type: 'json', schema: responseSchema } }),
    ...dialect.options(modelName, settings, maxOutputTokens),
  };
}
