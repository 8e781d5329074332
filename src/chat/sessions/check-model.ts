import type { Session } from '../../generated/prisma/client.ts';
import { ProviderError } from '../models/failure/provider-error.ts';
import type { Models } from '../models/models.ts';
import { checkSettings } from '../models/settings/check-settings.ts';
import { mergeSettings, type PartialSettings } from '../models/settings/model-settings.ts';
import type { SessionSettings } from './store-session.ts';

export interface CheckModelOptions {
  models: Models;
  /** The session before the change. Null for a new session. */
  session: Session | null;
  /** The model settings of the request itself. The others come from the session. */
  given: PartialSettings | null;
}

/**
 * Refuses an unknown provider or model, and a setting that the model does not take, now, because every prompt would
 * fail with it.
 *
 * @throws GatewayError BAD_USER_INPUT.
 */
export async function checkModel(
  input: SessionSettings,
  { models, session, given }: CheckModelOptions,
): Promise<void> {
  const settings = mergeSettings(input.settings);
  const asksNothing = Object.values(settings).every((value) => value === null);
  if (!input.providerName && !input.modelName && asksNothing) return;
  const { providerName = session?.providerName, modelName = session?.modelName } = input;
  try {
    const model = await models.resolve({ providerName, modelName });
    checkSettings(model, settings, given);
  } catch (error) {
    // Accept an unreachable provider, because it may answer by the time of the next prompt.
    if (!(error instanceof ProviderError)) throw error;
  }
}
