import type { Prisma, Session } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { Statements } from '../storage/statements/statement.ts';
import { settingBytes } from '../storage/stored-bytes.ts';
import type { SessionLog } from './log/session-log.ts';
import { ProviderError } from './models/failure/provider-error.ts';
import type { Models } from './models/models.ts';
import { checkSettings } from './models/settings/check-settings.ts';
import { type ModelSettings, mergeSettings, type PartialSettings } from './models/settings/model-settings.ts';
import { changeSettings, readSettings, storeSettings } from './models/settings/stored-settings.ts';
import { clearHistory } from './removal/clear-history.ts';
import { type DeleteSessionsOptions, deleteSessions } from './removal/delete-sessions.ts';
import { findSession } from './run/find-session.ts';
import { changeSession, insertSession, type SessionSettings, type SessionToStore } from './store-session.ts';

export interface NewSession extends SessionToStore {
  /** The nodes to attach, which run the session's tools. */
  nodeIds?: readonly string[] | null | undefined;
  asker: Asker;
}

/** The user who creates a session. It decides whose nodes `nodeIds` can name. */
interface Asker {
  userId: string;
  isAdmin: boolean;
  /** True with AUTH=none. */
  isAnonymous: boolean;
}

export interface SessionsOptions {
  database: Database;
  statements: Statements;
  models: Models;
  sessionLog: SessionLog;
  quotas: Quotas;
  removal: DeleteSessionsOptions;
  attachments: {
    /** Attaches nodes to a session within the transaction that creates it. */
    attachWithin(
      tx: Prisma.TransactionClient,
      sessionId: number,
      input: { nodeIds: readonly string[]; userId: string; asker: Asker },
    ): Promise<unknown>;
  };
}

/** Creates, changes and deletes sessions. The engine runs their prompts. */
export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * @throws GatewayError BAD_USER_INPUT for an unknown provider or model, a setting that the model does not take, or too many
   *   nodes; QUOTA_EXCEEDED.
   */
  async create({ nodeIds, asker, ...input }: NewSession): Promise<Session> {
    const { statements, quotas } = this.#options;
    await this.#checkModel(input, null);
    const bytes = settingBytes({ ...input, settings: storeSettings(input.settings) });
    using reserved = await quotas.reserve(input.userId, { sessions: 1, bytes });
    const session = nodeIds?.length
      ? await this.#createWithNodes({ ...input, nodeIds, asker }, bytes)
      : await insertSession(statements, input, bytes);
    reserved.keep();
    return session;
  }

  /** Attaching uses Prisma, so the whole transaction does. */
  #createWithNodes(
    { nodeIds, asker, ...input }: NewSession & { nodeIds: readonly string[] },
    storedBytes: number,
  ): Promise<Session> {
    const { database, attachments } = this.#options;
    const { userId } = input;
    const now = new Date();
    const times = { createdAt: now, updatedAt: now, lastActivityAt: now };
    const data = { ...defined(input), ...times, settings: storeSettings(input.settings), storedBytes };
    return database.$transaction(async (tx) => {
      const created = await tx.session.create({ data });
      await attachments.attachWithin(tx, created.id, { nodeIds, userId, asker });
      return created;
    });
  }

  /** @throws GatewayError NOT_FOUND, BAD_USER_INPUT, QUOTA_EXCEEDED. */
  async update(id: number, input: SessionSettings): Promise<Session> {
    const { statements, sessionLog } = this.#options;
    const current = await findSession(statements, id);
    const { settings: changes, ...own } = withOwnModel(input, current);
    const settings = changeSettings(
      readSettings(current.settings),
      changes ?? (changes === null ? null : {}),
    );
    await this.#checkModel({ ...own, settings }, current, changes ?? null);
    const session = await this.#store(current, { ...own, settings });
    await sessionLog.append(id, { type: 'SessionUpdated' });
    return session;
  }

  /** Stores changed settings and counts their bytes. */
  async #store(current: Session, changes: SessionSettings & { settings: ModelSettings }): Promise<Session> {
    const { statements, quotas } = this.#options;
    const { id, userId } = current;
    const after = { ...current, ...defined(changes), settings: storeSettings(changes.settings) };
    const growth = Math.max(0, settingBytes(after) - settingBytes(current));
    using reserved = await quotas.reserve(userId, { bytes: growth });
    const { session, grown } = await changeSession(statements, id, changes);
    reserved.keep();
    quotas.release(userId, { bytes: growth - grown });
    return session;
  }

  /**
   * Deletes a session with its messages, runs and recordings. Live and queued runs are cancelled first.
   *
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
   */
  async delete(id: number): Promise<void> {
    await findSession(this.#options.statements, id);
    await this.deleteAll({ id });
  }

  /**
   * Deletes the matching sessions, as `delete` does.
   *
   * @param signal Aborts when the client leaves. Sessions that are not deleted yet then stay.
   * @returns The ids of the sessions that were deleted.
   */
  deleteAll(where: Prisma.SessionWhereInput, signal?: AbortSignal): Promise<number[]> {
    return deleteSessions(where, signal, this.#options.removal);
  }

  /**
   * Deletes a session's messages. Its settings, its runs and its token usage stay.
   *
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
   */
  clearHistory(id: number): Promise<Session> {
    return clearHistory(id, this.#options.removal);
  }

  /**
   * Refuses an unknown provider or model, and a setting that the model does not take, now, because every prompt would
   * fail with it.
   *
   * @param given The settings of the request itself.
   */
  async #checkModel(
    input: SessionSettings,
    session: Session | null,
    given: PartialSettings | null = input.settings ?? null,
  ): Promise<void> {
    const settings = mergeSettings(input.settings);
    const asksNothing = Object.values(settings).every((value) => value === null);
    if (!input.providerName && !input.modelName && asksNothing) return;
    const { providerName = session?.providerName, modelName = session?.modelName } = input;
    try {
      const model = await this.#options.models.resolve({ providerName, modelName });
      checkSettings(model, settings, given);
    } catch (error) {
      // Accept an unreachable provider, because it may answer by the time of the next prompt.
      if (!(error instanceof ProviderError)) throw error;
    }
  }
}

/** A model name belongs to its provider, so a new provider without a model name starts with its default model. */
function withOwnModel(input: SessionSettings, current: Session): SessionSettings {
  const stays = input.providerName === undefined || input.providerName === current.providerName;
  return stays || input.modelName !== undefined ? input : { ...input, modelName: null };
}

function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
