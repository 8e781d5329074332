import type { Actor } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Session } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { findSession } from '../../storage/find-session.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import type { Models } from '../models/models.ts';
import type { ModelSettings } from '../models/settings/model-settings.ts';
import { changeSettings, readSettings, storeSettings } from '../models/settings/stored-settings.ts';
import { checkModel } from './check-model.ts';
import { changeSession, defined, type SessionChanges } from './store-session.ts';

export interface UpdateSessionOptions {
  statements: Statements;
  models: Models;
  changes: ChangeLog;
  quotas: Quotas;
}

/** @throws GatewayError NOT_FOUND, BAD_USER_INPUT, QUOTA_EXCEEDED. */
export async function updateSession(
  id: number,
  input: SessionChanges,
  options: UpdateSessionOptions,
  actor?: Actor,
): Promise<Session> {
  const { statements, models } = options;
  const current = await findSession(statements, id);
  const { settings: changes, ...own } = withOwnModel(input, current);
  const settings = changeSettings(readSettings(current.settings), changes ?? (changes === null ? null : {}));
  await checkModel({ ...own, settings }, { models, session: current, given: changes ?? null });
  return store(current, { ...own, settings }, options, actor);
}

/** A model name belongs to its provider, so a new provider without a model name starts with its default model. */
function withOwnModel(input: SessionChanges, current: Session): SessionChanges {
  const stays = input.providerName === undefined || input.providerName === current.providerName;
  return stays || input.modelName !== undefined ? input : { ...input, modelName: null };
}

/** Stores changed settings and counts their bytes. */
async function store(
  current: Session,
  changes: SessionChanges & { settings: ModelSettings },
  { statements, quotas, changes: log }: UpdateSessionOptions,
  actor: Actor | undefined,
): Promise<Session> {
  const { id, userId } = current;
  const after = { ...current, ...defined(changes), settings: storeSettings(changes.settings) };
  const growth = Math.max(0, settingBytes(after) - settingBytes(current));
  using reserved = await quotas.reserve(userId, { bytes: growth });
  const { session, grown } = await changeSession({ statements, changes: log }, id, changes, actor);
  reserved.keep();
  quotas.release(userId, { bytes: growth - grown });
  return session;
}
