import { Prisma } from '../../../generated/prisma/client.ts';
import { type ModelSettings, mergeSettings, type PartialSettings, settingNames } from './model-settings.ts';

/** Reads the column `settings` of a session or a run. */
export function readSettings(stored: Prisma.JsonValue | null): ModelSettings {
  return mergeSettings(stored as PartialSettings | null);
}

/** The value of that column: only the settings that are not null, and SQL's NULL when there are none. */
export function storeSettings(settings: PartialSettings | null | undefined) {
  return (setOf(settings) as Prisma.InputJsonObject | null) ?? Prisma.DbNull;
}

/** The same value for a prepared statement. */
export function settingsText(settings: PartialSettings | null | undefined): string | null {
  const set = setOf(settings);
  return set && JSON.stringify(set);
}

function setOf(settings: PartialSettings | null | undefined): PartialSettings | null {
  const set = settingNames.filter((name) => settings?.[name] != null);
  return set.length === 0 ? null : Object.fromEntries(set.map((name) => [name, settings?.[name]]));
}

/** Changes settings: what is left out stays as it is, null removes a setting, and null for all of them removes all. */
export function changeSettings(current: ModelSettings, changes: PartialSettings | null): ModelSettings {
  if (changes === null) return mergeSettings();
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return mergeSettings({ ...current, ...Object.fromEntries(given) });
}
