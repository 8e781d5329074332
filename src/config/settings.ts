import { z } from 'zod';
import { attachmentSettings } from './attachment-settings.ts';
import { authSettings } from './auth-settings.ts';
import { budgetSettings } from './budget-settings.ts';
import { chatSettings } from './chat-settings.ts';
import { limitSettings } from './limit-settings.ts';
import { metricsSettings } from './metrics-settings.ts';
import { modelSettings } from './model-settings.ts';
import { nodeSettings } from './node-settings.ts';
import { priceSettings } from './price-settings.ts';
import { proxySettings } from './proxy-settings.ts';
import { requestSettings } from './request-settings.ts';
import { logSettings, serverSettings } from './server-settings.ts';
import { storageSettings } from './storage-settings.ts';
import { traceSettings } from './trace-settings.ts';
import { webSettings } from './web-settings.ts';

/**
 * Every setting: its type, its default and its description. An error message says what was expected; the setting's
 * name is put before it. The value of a `secret` is never shown. `defaultInWords` describes a default that depends
 * on other settings.
 */
export const environment = z.object({
  ...serverSettings,
  ...storageSettings,
  ...authSettings,
  ...modelSettings,
  ...priceSettings,
  ...budgetSettings,
  ...proxySettings,
  ...chatSettings,
  ...nodeSettings,
  ...requestSettings,
  ...attachmentSettings,
  ...limitSettings,
  ...webSettings,
  ...metricsSettings,
  ...traceSettings,
  ...logSettings,
});

/** The values of all settings after `environment` has checked them. */
export type Environment = z.output<typeof environment>;

interface Setting {
  name: string;
  description: string;
  /** The default as it would be written in the environment; undefined if there is no fixed default. */
  default: string | undefined;
  /** Describes a default that depends on other settings. */
  defaultInWords: string | undefined;
  secret: boolean;
}

/** All settings as a table, for README.md, `.env.example` and error messages. */
export const settings: readonly Setting[] = Object.entries(environment.shape).map(([name, type]) => {
  const { description = '', defaultInWords, secret } = type.meta() ?? {};
  const value: unknown = type.parse(undefined);
  return {
    name,
    description,
    default: value === undefined ? undefined : String(value),
    defaultInWords: typeof defaultInWords === 'string' ? defaultInWords : undefined,
    secret: secret === true,
  };
});
