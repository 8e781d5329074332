import { googleFileTypes } from './file-types.ts';
import type { ModelDialect } from './model-dialect.ts';
import type { ReasoningEffort } from './model-settings.ts';
import type { SettingSupport } from './setting-support.ts';

/** Tokens to think with, for Gemini 2.5. Source: Google's page on OpenAI compatibility, which maps the same words. */
const budgets = { OFF: 0, LOW: 1_024, MEDIUM: 8_192, HIGH: 24_576 } as const;

/**
 * Google's Gemini API: a budget for Gemini 2.5, a level from Gemini 3 on. Thoughts are only sent when they are asked for.
 *
 * Source: Google's page on thinking, November 2026.
 */
export const googleDialect: ModelDialect = {
  support,
  fileTypes: googleFileTypes,
  options(modelName, { reasoningEffort: effort }) {
    if (support(modelName).reasoningEfforts.length === 0) return {};
    const amount =
      effort !== null &&
      (isGemini25(modelName) ? { thinkingBudget: budgets[effort] } : { thinkingLevel: effort.toLowerCase() });
    const includeThoughts = effort !== 'OFF';
    return { providerOptions: { google: { thinkingConfig: { includeThoughts, ...amount } } } };
  },
};

function support(modelName: string): SettingSupport {
  return {
    reasoningEfforts: effortsOf(modelName),
    temperature: 'ALWAYS',
    maxTemperature: 2,
    responseSchema: !/^gemma/.test(nameOf(modelName)),
    summaries: true,
  };
}

function effortsOf(modelName: string): readonly ReasoningEffort[] {
  const name = nameOf(modelName);
  if (!/^gemini-/.test(name) || /^gemini-(?:1|2\.0|pro$)|image|tts|audio/.test(name)) return [];
  if (/^gemini-3-pro/.test(name)) return ['LOW', 'HIGH'];
  // The pro models of Gemini 2.5 and all models since Gemini 3 cannot stop thinking.
  const canBeOff = isGemini25(name) && !name.includes('pro');
  return canBeOff ? ['OFF', 'LOW', 'MEDIUM', 'HIGH'] : ['LOW', 'MEDIUM', 'HIGH'];
}

function isGemini25(modelName: string): boolean {
  return /^gemini-2\.5/.test(nameOf(modelName));
}

/** A name can be a path: `models/gemini-2.5-pro`. */
function nameOf(modelName: string): string {
  return modelName.slice(modelName.lastIndexOf('/') + 1).toLowerCase();
}
