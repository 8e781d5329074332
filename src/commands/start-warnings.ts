import type { Logger } from 'pino';
import { shorten } from '../base/cut-text.ts';
import { findAwayServers } from '../chat/models/check-servers.ts';
import type { Config } from '../config/config.ts';
import { hasOwnBlobs } from '../config/own-blobs.ts';
import type { UnknownSetting } from '../config/unknown-settings.ts';

/** So many unknown settings are named. */
const mostNamed = 20;

export function warnOfUnknownSettings(unknown: readonly UnknownSetting[], log: Logger): void {
  for (const { name, place, meant } of unknown.slice(0, mostNamed)) {
    const hint = meant === undefined ? 'src/config/README.md lists the settings' : `did you mean ${meant}?`;
    log.warn(`${shorten(name, 100)} in ${place} is not a setting and has no effect: ${hint}`);
  }
}

/** Warns when several gateways act as one and each would have recordings of its own. */
export function warnOfOwnRecordings(config: Config, log: Logger): void {
  if (config.redis === undefined || !hasOwnBlobs(config)) return;
  log.warn(
    'The gateways that share REDIS_URL cannot read the recordings of this one, which are in its DATA_DIR: set BLOB_URL to a place that all of them reach',
  );
}

/** Warns when no model can answer, or only the demo model. */
export async function warnOfModels(models: Config['models'], log: Logger): Promise<void> {
  const { openai, anthropic, google, openaiCompatible, servers } = models;
  if (!openai && !anthropic && !google && !openaiCompatible && Object.keys(servers ?? {}).length === 0) {
    log.warn(
      'No real model is configured: the built-in demo model answers by rules. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_GENERATIVE_AI_API_KEY, or OPENAI_BASE_URL for a server of your own',
    );
  }
  for (const { providerName, url, reason } of await findAwayServers(models)) {
    log.warn(`The model server ${url} (provider ${providerName}) is away: ${reason}`);
  }
}
