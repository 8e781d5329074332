import { openaiFileTypes } from './file-types.ts';
import type { ModelDialect } from './model-dialect.ts';
import type { ReasoningEffort } from './model-settings.ts';
import { type SettingSupport, turnsReasoningOff } from './setting-support.ts';
import { isStrictSchema } from './strict-schema.ts';
import { versionNumber } from './version-number.ts';

const efforts = { OFF: 'none', LOW: 'low', MEDIUM: 'medium', HIGH: 'high' } as const;

/**
 * OpenAI's Responses API. OpenAI keeps nothing (`store: false`), so the gateway asks for the encrypted reasoning, which
 * the next request must repeat. Models that do not reason refuse the options for reasoning.
 *
 * Sources: OpenAI's guide to reasoning and its model pages, November 2026.
 */
export const openaiDialect: ModelDialect = {
  support,
  fileTypes: openaiFileTypes,
  options(modelName, settings) {
    const taken = support(modelName);
    const effort = turnsReasoningOff(settings, taken) ? 'OFF' : settings.reasoningEffort;
    const reasoning = taken.reasoningEfforts.length > 0 && {
      include: ['reasoning.encrypted_content'],
      reasoningSummary: 'auto',
      ...(effort !== null && { reasoningEffort: efforts[effort] }),
    };
    const strict = settings.responseSchema !== null && {
      strictJsonSchema: isStrictSchema(settings.responseSchema),
    };
    return { providerOptions: { openai: { store: false, ...reasoning, ...strict } } };
  },
};

const withoutReasoning: SettingSupport = {
  reasoningEfforts: [],
  temperature: 'ALWAYS',
  maxTemperature: 2,
  responseSchema: true,
  summaries: true,
};

function support(modelName: string): SettingSupport {
  const { version, variant } = readName(modelName);
  if (version < 500 || variant.startsWith('chat')) return withoutReasoning;
  const levels: readonly ReasoningEffort[] = ['LOW', 'MEDIUM', 'HIGH'];
  const canBeOff = version >= 501 && version < 600 && !variant.startsWith('pro');
  return {
    reasoningEfforts: canBeOff || offSince6.test(modelName) ? ['OFF', ...levels] : levels,
    // From GPT-6 on, a temperature is refused even without reasoning.
    temperature: canBeOff ? 'WITHOUT_REASONING' : 'NEVER',
    maxTemperature: 2,
    responseSchema: true,
    summaries: true,
  };
}

/** The models from GPT-6 on whose reasoning can be turned off. */
const offSince6 = /^gpt-6(?:-sol|-luna|\.1-terra)(?:-\d{4}-\d{2}-\d{2})?$/;

/** Reads `gpt-5.4-mini`. The models `o1`, `o3` and `o4-mini` count as GPT-5, whose rules they have. */
function readName(modelName: string): { version: number; variant: string } {
  if (/^o\d/.test(modelName)) return { version: 500, variant: '' };
  const [, version, variant = ''] = /^gpt-(\d+(?:\.\d+)?)(?:-(.+))?$/.exec(modelName) ?? [];
  return { version: version === undefined ? 0 : versionNumber(version), variant };
}
