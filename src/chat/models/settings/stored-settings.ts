import { Prisma } from '../../../generated/prisma/client.ts';
import { type ModelSettings, mergeSettings, type PartialSettings, settingNames } from './model-settings.ts';

/** Reads the column `settings` of a session or a run. */
export function readSettings(stored: Prisma.JsonValue | null): ModelSettings {
  return mergeSettings(stored as PartialSettings | null);
}

/** The value of that column: only the settings that are not null, and SQL's NULL when there are none. */
export function storeSettings(settings: PartialSettings | null | undefined) {
  const set = settingNames.filter((name) => settings?.[name] != null);
  if (set.length === 0) return Prisma.DbNull;
  return Object.fromEntries(set.map((name) => [name, settings?.[name]])) as Prisma.InputJsonObject;
}

/** Changes settings: what is left out stays as it is, null removes a setting, and null for all of them removes all. */
export function changeSettings(current: ModelSettings, changes: PartialSettings | null): ModelSettings {
  if (changes === null) return mergeSettings();
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return mergeSettings({ ...current, ...Object.fromEntries(given) });
}
