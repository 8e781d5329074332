import type { JSONValue } from '@ai-sdk/provider';
import { anthropicFileTypes } from './file-types.ts';
import type { ModelDialect, SettingOptions } from './model-dialect.ts';
import type { ModelSettings, ReasoningEffort } from './model-settings.ts';
import { type SettingSupport, turnsReasoningOff } from './setting-support.ts';
import { versionNumber } from './version-number.ts';

/** Tokens to think with, for models that must be told a number. Anthropic takes 1,024 at least. */
const budgets = { LOW: 2_048, MEDIUM: 8_192, HIGH: 24_576 } as const;
const leastBudget = 1_024;
const usualAnswer = 64_000;

/**
 * Anthropic's Messages API. From Claude 4.6 on a model decides how much it thinks (adaptive), and an effort guides it;
 * earlier models get a budget. Newer models leave the text of their thoughts out unless they are asked for it.
 *
 * Sources: Anthropic's pages on extended and adaptive thinking and on effort, November 2026.
 */
export const anthropicDialect: ModelDialect = {
  support,
  fileTypes: anthropicFileTypes,
  options(modelName, settings, maxOutputTokens) {
    const options = think(modelName, settings, maxOutputTokens ?? usualAnswer);
    if (settings.responseSchema === null) return options;
    // Without it the package forces a tool call, which a model that thinks refuses.
    const schema = { structuredOutputMode: 'outputFormat' };
    return { ...options, ...anthropic({ ...options.providerOptions?.['anthropic'], ...schema }) };
  },
};

function think(modelName: string, settings: ModelSettings, maxOutputTokens: number): SettingOptions {
  const taken = support(modelName);
  if (taken.reasoningEfforts.length === 0) return {};
  if (turnsReasoningOff(settings, taken)) return anthropic({ thinking: { type: 'disabled' } });
  const effort = settings.reasoningEffort as Exclude<ReasoningEffort, 'OFF'> | null;
  if (isAdaptive(modelName)) {
    const guide = effort !== null && { effort: effort.toLowerCase() };
    return anthropic({ thinking: { type: 'adaptive', display: 'summarized' }, ...guide });
  }
  const budgetTokens = Math.min(budgets[effort ?? 'MEDIUM'], Math.floor(maxOutputTokens / 2));
  if (budgetTokens < leastBudget) return {};
  // The package adds the budget to the output tokens that it is told, but our number means both together.
  const rest = maxOutputTokens - budgetTokens;
  return { maxOutputTokens: rest, ...anthropic({ thinking: { type: 'enabled', budgetTokens } }) };
}

function anthropic(options: Record<string, JSONValue>): SettingOptions {
  return { providerOptions: { anthropic: options } };
}

function support(modelName: string): SettingSupport {
  const { family, version } = readName(modelName);
  if (version < 307) {
    return {
      ...{ reasoningEfforts: [], temperature: 'ALWAYS', maxTemperature: 1 },
      ...{ responseSchema: false, summaries: true },
    };
  }
  const levels: readonly ReasoningEffort[] = ['LOW', 'MEDIUM', 'HIGH'];
  const alwaysThinks = family === 'fable' || family === 'mythos' || (version >= 505 && family !== 'haiku');
  return {
    reasoningEfforts: alwaysThinks ? levels : ['OFF', ...levels],
    temperature: version >= 407 ? 'NEVER' : 'WITHOUT_REASONING',
    maxTemperature: 1,
    responseSchema: version >= 405 || (family === 'opus' && version >= 401),
    summaries: true,
  };
}

function isAdaptive(modelName: string): boolean {
  return readName(modelName).version >= 406;
}

/**
 * Reads `claude-opus-4-8`, `claude-sonnet-5-20260801` and the older `claude-3-7-sonnet`. A name of another form is taken
 * for a new model, because the old ones are known.
 */
function readName(modelName: string): { family: string; version: number } {
  const [, family, number] = /claude-([a-z]+)-(\d{1,2}(?:-\d{1,2})?)(?!\d)/.exec(modelName) ?? [];
  if (family !== undefined && number !== undefined) return { family, version: versionNumber(number) };
  const [, old] = /claude-(?:instant-|v)?(\d(?:[-.]\d)?)(?!\d)/.exec(modelName) ?? [];
  return { family: '', version: old === undefined ? Number.POSITIVE_INFINITY : versionNumber(old) };
}
