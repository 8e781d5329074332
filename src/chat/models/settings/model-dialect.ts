import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import type { ModelSettings } from './model-settings.ts';
import type { SettingSupport } from './setting-support.ts';

/** The parts of a request in which a provider's package takes settings. */
export type SettingOptions = Pick<LanguageModelV3CallOptions, 'providerOptions' | 'maxOutputTokens'>;

/** How the models of one provider are told settings. */
export interface ModelDialect {
  support(modelName: string): SettingSupport;
  /** The types of files that a model takes besides text: types as `chat/attachments/input-type.ts` has them. */
  fileTypes(modelName: string): readonly string[];
  /**
   * @param settings Only settings that the model takes.
   * @param maxOutputTokens The most output tokens; null when the request states no number.
   * @returns What goes into a request beside the temperature and the schema, which all packages take alike.
   */
  options(modelName: string, settings: ModelSettings, maxOutputTokens: number | null): SettingOptions;
}
