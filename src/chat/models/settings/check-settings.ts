import { GatewayError } from '../../../errors.ts';
import type { ModelSettings, PartialSettings } from './model-settings.ts';
import { findUnsupported, type SettingSupport } from './setting-support.ts';

interface CheckedModel {
  providerName: string;
  modelName: string;
  support: SettingSupport;
}

/**
 * Refuses settings that a model does not take.
 *
 * @param given The settings of the request itself; the others come from its session.
 * @throws GatewayError BAD_USER_INPUT that names the setting and the model.
 */
export function checkSettings(
  { providerName, modelName, support }: CheckedModel,
  settings: ModelSettings,
  given: PartialSettings | null | undefined,
): void {
  const unsupported = findUnsupported(settings, support);
  if (unsupported === undefined) return;
  const { name, reason } = unsupported;
  const origin = given?.[name] == null ? ' The setting comes from the session.' : '';
  throw new GatewayError(
    'BAD_USER_INPUT',
    `settings.${name}: the model ${providerName}/${modelName} ${reason}.${origin}`,
    { field: `input.settings.${name}` },
  );
}
