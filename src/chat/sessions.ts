import { encodeId } from '../base/global-id.ts';
import { GatewayError, sessionNotFound } from '../errors.ts';
import type { Prisma, Session, ToolApproval } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import type { AudioLibrary } from './audio/audio-library.ts';
import type { Engine } from './engine.ts';
import type { SessionLog } from './log/session-log.ts';
import type { Models } from './models/models.ts';
import { ProviderError } from './models/provider-error.ts';
import { checkSettings } from './models/settings/check-settings.ts';
import { mergeSettings, type PartialSettings } from './models/settings/model-settings.ts';
import { changeSettings, readSettings, storeSettings } from './models/settings/stored-settings.ts';
import { findSession } from './run/find-session.ts';
import { unfinished } from './run/open-run.ts';

/** The settings of a session. Undefined leaves a setting as it is; null means the gateway's default. */
export interface SessionSettings {
  title?: string | null | undefined;
  providerName?: string | null | undefined;
  modelName?: string | null | undefined;
  systemPrompt?: string | null | undefined;
  toolApproval?: ToolApproval | undefined;
  /** What the session asks of its model. Null asks for nothing, for one setting or for all. */
  settings?: PartialSettings | null | undefined;
}

export interface NewSession extends SessionSettings {
  userId: string;
  featureName: string;
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
  engine: Engine;
  models: Models;
  sessionLog: SessionLog;
  audio: AudioLibrary;
  quotas: Quotas;
  attachments: {
    /** Attaches nodes to a session within the transaction that creates it. */
    attachWithin(
      tx: Prisma.TransactionClient,
      sessionId: number,
      input: { nodeIds: readonly string[]; userId: string; asker: Asker },
    ): Promise<unknown>;
    /** Finds the nodes of a session that are not registered. */
    unregisteredOf(tx: Prisma.TransactionClient, sessionId: number): Promise<number[]>;
    /** Deletes those of the nodes that are not registered and that no session has. */
    dropUnused(tx: Prisma.TransactionClient, agentNodeIds: number[]): Promise<void>;
  };
}

/** Selects what a quota has counted for a session. */
const storedOf = { userId: true, storedBytes: true } as const;

/** How often the gateway tries to delete a session to which a client keeps sending prompts. */
const maxDeleteTries = 10;

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
    const { database, attachments, quotas } = this.#options;
    const { userId } = input;
    await this.#checkModel(input, null);
    const data = { ...defined(input), settings: storeSettings(input.settings) };
    using reserved = await quotas.reserve(userId, { sessions: 1 });
    const session = !nodeIds?.length
      ? await database.session.create({ data })
      : await database.$transaction(async (tx) => {
          const created = await tx.session.create({ data });
          await attachments.attachWithin(tx, created.id, { nodeIds, userId, asker });
          return created;
        });
    reserved.keep();
    return session;
  }

  /** @throws GatewayError NOT_FOUND, BAD_USER_INPUT. */
  async update(id: number, input: SessionSettings): Promise<Session> {
    const { database, sessionLog } = this.#options;
    const current = await findSession(database, id);
    const { settings: changes, ...own } = withOwnModel(input, current);
    const settings = changeSettings(
      readSettings(current.settings),
      changes ?? (changes === null ? null : {}),
    );
    await this.#checkModel({ ...own, settings }, current, changes ?? null);
    const data = { ...defined(own), settings: storeSettings(settings) };
    const [session] = await database.session.updateManyAndReturn({ where: { id }, data });
    if (session === undefined) throw sessionNotFound(id);
    await sessionLog.append(id, { type: 'SessionUpdated' });
    return session;
  }

  /**
   * Deletes a session with its messages, runs and recordings. Live and queued runs are cancelled first.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async delete(id: number): Promise<void> {
    await findSession(this.#options.database, id);
    await this.deleteAll({ id });
  }

  /** Deletes the matching sessions, as `delete` does, and returns their ids. */
  async deleteAll(where: Prisma.SessionWhereInput): Promise<number[]> {
    const { database, sessionLog } = this.#options;
    const sessions = await database.session.findMany({ where, select: { id: true } });
    for (const { id } of sessions) {
      await this.#cancelAndDelete(id);
      await sessionLog.append(id, { type: 'SessionDeleted' });
    }
    return sessions.map(({ id }) => id);
  }

  /** Tries again when a prompt arrives after the cancellation, so that no run outlives its session. */
  async #cancelAndDelete(id: number): Promise<void> {
    const { database, engine, audio, quotas, attachments } = this.#options;
    const idle: Prisma.SessionWhereInput = { runs: { none: { status: unfinished } } };
    for (let tries = 0; tries < maxDeleteTries; tries += 1) {
      await engine.cancelSession(id);
      const deleted = await database.$transaction(async (tx) => {
        const stored = await tx.session.findUnique({ where: { id }, select: storedOf });
        const blobs = await audio.blobsOf(id, tx);
        const unregistered = await attachments.unregisteredOf(tx, id);
        const { count } = await tx.session.deleteMany({ where: { ...idle, id } });
        if (count > 0) await attachments.dropUnused(tx, unregistered);
        return stored && count > 0 ? { ...stored, blobs } : undefined;
      });
      if (deleted) {
        quotas.release(deleted.userId, { sessions: 1, bytes: Number(deleted.storedBytes) });
        return audio.release(deleted.blobs);
      }
      if ((await database.session.count({ where: { id } })) === 0) return;
    }
    throw new GatewayError(
      'RUN_IN_PROGRESS',
      'The session cannot be deleted now, because prompts keep arriving.',
    );
  }

  /**
   * Deletes a session's messages. Its settings, its runs and its token usage stay.
   *
   * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS.
   */
  async clearHistory(id: number): Promise<Session> {
    const { database, sessionLog, audio, quotas } = this.#options;
    await findSession(database, id);
    const { session, stored, blobs } = await database.$transaction(async (tx) => {
      const live = await tx.run.findFirst({
        where: { sessionId: id, status: unfinished },
        select: { id: true },
      });
      if (live) {
        const message = 'This session is answering a prompt. Cancel the run before you clear the history.';
        throw new GatewayError('RUN_IN_PROGRESS', message, { runId: encodeId('Run', live.id) });
      }
      const blobs = await audio.blobsOf(id, tx);
      const stored = await tx.session.findUnique({ where: { id }, select: storedOf });
      await tx.message.deleteMany({ where: { sessionId: id } });
      const data = { contextTokens: 0, messageCount: 0, storedBytes: 0 };
      const [session] = await tx.session.updateManyAndReturn({ where: { id }, data });
      if (stored === null || session === undefined) throw sessionNotFound(id);
      return { session, stored, blobs };
    });
    quotas.release(stored.userId, { bytes: Number(stored.storedBytes) });
    await audio.release(blobs);
    await sessionLog.append(id, { type: 'HistoryCleared' });
    return session;
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
