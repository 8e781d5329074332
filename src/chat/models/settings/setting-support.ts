import {
  type ModelSettings,
  type ReasoningEffort,
  reasoningEfforts,
  settingNames,
} from './model-settings.ts';

/** What a model takes of the settings. Every model takes `maxOutputTokens`. */
export interface SettingSupport {
  /** The values that `reasoningEffort` can have; none for a model that does not reason. */
  reasoningEfforts: readonly ReasoningEffort[];
  /** When the model takes a temperature. WITHOUT_REASONING: a temperature therefore turns the reasoning off. */
  temperature: 'ALWAYS' | 'WITHOUT_REASONING' | 'NEVER';
  /** The highest temperature. */
  maxTemperature: number;
  responseSchema: boolean;
  /** Whether the model can sum up a conversation. */
  summaries: boolean;
}

/** What is assumed of a model that nobody knows: its provider refuses what it does not take. */
export const everySetting: SettingSupport = {
  reasoningEfforts,
  temperature: 'ALWAYS',
  maxTemperature: 2,
  responseSchema: true,
  summaries: true,
};

/** A setting that a model does not take, and a clause that says why: `takes no temperature`. */
export interface UnsupportedSetting {
  name: keyof ModelSettings;
  reason: string;
}

/** Finds the first setting that the model does not take. Undefined when it takes all of them. */
export function findUnsupported(
  settings: ModelSettings,
  support: SettingSupport,
): UnsupportedSetting | undefined {
  const { reasoningEffort: effort, temperature, responseSchema, contextOverflow } = settings;
  if (effort !== null && !support.reasoningEfforts.includes(effort)) {
    const choices = support.reasoningEfforts.join(', ');
    const reason =
      choices === '' ? 'does not reason' : `cannot reason with the effort ${effort}, only with ${choices}`;
    return { name: 'reasoningEffort', reason };
  }
  if (temperature !== null) {
    const reason = whyNoTemperature(temperature, effort, support);
    if (reason !== undefined) return { name: 'temperature', reason };
  }
  if (responseSchema !== null && !support.responseSchema) {
    return { name: 'responseSchema', reason: 'cannot be bound to a JSON schema' };
  }
  if (contextOverflow === 'SUMMARISE' && !support.summaries) {
    return { name: 'contextOverflow', reason: 'cannot sum up a conversation, only TRIM is possible' };
  }
  return undefined;
}

function whyNoTemperature(
  temperature: number,
  effort: ReasoningEffort | null,
  support: SettingSupport,
): string | undefined {
  if (support.temperature === 'NEVER') return 'takes no temperature';
  if (temperature > support.maxTemperature) return `takes a temperature of ${support.maxTemperature} at most`;
  const reasons = effort !== null && effort !== 'OFF';
  if (support.temperature === 'WITHOUT_REASONING' && reasons) {
    return 'takes a temperature only with the reasoningEffort OFF';
  }
  return undefined;
}

/** Leaves out the settings that the model does not take. */
export function supportedPart(settings: ModelSettings, support: SettingSupport): ModelSettings {
  let part = settings;
  for (;;) {
    const unsupported = findUnsupported(part, support);
    if (unsupported === undefined) return part;
    part = { ...part, [unsupported.name]: null };
  }
}

/** Fills in each default that the model takes together with the settings. */
export function withDefaults(
  settings: ModelSettings,
  defaults: ModelSettings,
  support: SettingSupport,
): ModelSettings {
  let filled = settings;
  for (const name of settingNames) {
    const next = filled[name] === null ? { ...filled, [name]: defaults[name] } : filled;
    if (findUnsupported(next, support) === undefined) filled = next;
  }
  return filled;
}

/** Whether the settings turn the reasoning off, in words or by a temperature that the model takes only without it. */
export function turnsReasoningOff(settings: ModelSettings, support: SettingSupport): boolean {
  const { reasoningEffort: effort, temperature } = settings;
  if (effort !== null) return effort === 'OFF';
  return temperature !== null && support.temperature === 'WITHOUT_REASONING';
}
