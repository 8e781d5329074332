import { encodeId } from '../base/global-id.ts';
import { GatewayError, sessionNotFound } from '../errors.ts';
import type { Prisma, Session, ToolApproval } from '../generated/prisma/client.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { Database } from '../storage/database.ts';
import { textBytes } from '../storage/stored-bytes.ts';
import type { AudioLibrary } from './audio/audio-library.ts';
import type { Engine } from './engine.ts';
import type { SessionLog } from './log/session-log.ts';
import type { Models } from './models/models.ts';
import { ProviderError } from './models/provider-error.ts';
import { findSession } from './run/find-session.ts';
import { unfinished } from './run/open-run.ts';

/** The settings of a session. Undefined leaves a setting as it is; null means the gateway's default. */
export interface SessionSettings {
  title?: string | null | undefined;
  providerName?: string | null | undefined;
  modelName?: string | null | undefined;
  systemPrompt?: string | null | undefined;
  toolApproval?: ToolApproval | undefined;
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
   * @throws GatewayError BAD_USER_INPUT for an unknown provider or model, or too many nodes; QUOTA_EXCEEDED.
   */
  async create({ nodeIds, asker, ...input }: NewSession): Promise<Session> {
    const { database, attachments, quotas } = this.#options;
    const { userId } = input;
    await this.#checkModel(input, null);
    const bytes = settingBytes(input);
    const data = { ...defined(input), storedBytes: bytes };
    using reserved = await quotas.reserve(userId, { sessions: 1, bytes });
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

  /** @throws GatewayError NOT_FOUND, BAD_USER_INPUT, QUOTA_EXCEEDED. */
  async update(id: number, input: SessionSettings): Promise<Session> {
    const { database, sessionLog } = this.#options;
    const current = await findSession(database, id);
    const data = defined(withOwnModel(input, current));
    await this.#checkModel(data, current);
    const session = await this.#store(current, data);
    await sessionLog.append(id, { type: 'SessionUpdated' });
    return session;
  }

  /** Stores changed settings and counts their bytes. */
  async #store(current: Session, data: SessionSettings): Promise<Session> {
    const { database, quotas } = this.#options;
    const { id, userId } = current;
    const growth = Math.max(0, settingBytes({ ...current, ...data }) - settingBytes(current));
    using reserved = await quotas.reserve(userId, { bytes: growth });
    const { session, grown } = await database.$transaction(async (tx) => {
      // Read again: another update may have changed the texts in the meantime.
      const before = await tx.session.findUnique({ where: { id } });
      if (before === null) throw sessionNotFound(id);
      const grown = settingBytes({ ...before, ...data }) - settingBytes(before);
      const change = { ...defined(data), storedBytes: { increment: grown } };
      return { session: await tx.session.update({ where: { id }, data: change }), grown };
    });
    reserved.keep();
    quotas.release(userId, { bytes: growth - grown });
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
    const { session, freed, blobs } = await database.$transaction(async (tx) => {
      const live = await tx.run.findFirst({
        where: { sessionId: id, status: unfinished },
        select: { id: true },
      });
      if (live) {
        const message = 'This session is answering a prompt. Cancel the run before you clear the history.';
        throw new GatewayError('RUN_IN_PROGRESS', message, { runId: encodeId('Run', live.id) });
      }
      const blobs = await audio.blobsOf(id, tx);
      const before = await tx.session.findUnique({ where: { id } });
      if (before === null) throw sessionNotFound(id);
      await tx.message.deleteMany({ where: { sessionId: id } });
      const data = { contextTokens: 0, messageCount: 0, storedBytes: settingBytes(before) };
      const session = await tx.session.update({ where: { id }, data });
      return { session, freed: Number(before.storedBytes - session.storedBytes), blobs };
    });
    quotas.release(session.userId, { bytes: freed });
    await audio.release(blobs);
    await sessionLog.append(id, { type: 'HistoryCleared' });
    return session;
  }

  /** Refuses an unknown provider or model now, because every prompt would fail with it. */
  async #checkModel(input: SessionSettings, session: Session | null): Promise<void> {
    if (!input.providerName && !input.modelName) return;
    const { providerName = session?.providerName, modelName } = input;
    try {
      await this.#options.models.resolve({ providerName, modelName });
    } catch (error) {
      // Accept an unreachable provider, because it may answer by the time of the next prompt.
      if (!(error instanceof ProviderError)) throw error;
    }
  }
}

/** The bytes of the texts among the settings. */
function settingBytes({ title, systemPrompt }: SessionSettings): number {
  return textBytes(title, systemPrompt);
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
