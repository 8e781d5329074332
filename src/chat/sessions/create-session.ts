import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import { Prisma, type Session } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import type { Models } from '../models/models.ts';
import { storeSettings } from '../models/settings/stored-settings.ts';
import { checkModel } from './check-model.ts';
import { exchangeBytes } from './earlier-exchanges.ts';
import { defined, insertSession, type SessionToStore } from './store-session.ts';

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

export interface CreateSessionOptions {
  database: Database;
  statements: Statements;
  models: Models;
  quotas: Quotas;
  changes: ChangeLog;
  attachments: {
    /** Attaches nodes to a session within the transaction that creates it. */
    attachWithin(
      tx: Prisma.TransactionClient,
      sessionId: number,
      input: { nodeIds: readonly string[]; userId: string; asker: Asker },
    ): Promise<unknown>;
  };
}

/**
 * @throws GatewayError BAD_USER_INPUT for an unknown provider or model, a setting that the model does not take, or too many
 *   nodes, or both nodes and a history; QUOTA_EXCEEDED.
 */
export async function createSession(
  { nodeIds, asker, ...input }: NewSession,
  options: CreateSessionOptions,
): Promise<Session> {
  const { models, quotas } = options;
  await checkModel(input, { models, session: null, given: input.settings ?? null });
  const { history, ...settings } = input;
  if (history?.length && nodeIds?.length) throw historyWithNodes();
  quotas.checkMessages(2 * (history?.length ?? 0));
  const bytes = settingBytes({ ...settings, settings: storeSettings(input.settings) });
  const allBytes = bytes + exchangeBytes(history ?? []);
  using reserved = await quotas.reserve(input.userId, { sessions: 1, bytes: allBytes });
  const session = nodeIds?.length
    ? await createWithNodes({ ...settings, nodeIds, asker }, bytes, options)
    : await insertSession(options, input, bytes);
  reserved.keep();
  return session;
}

function historyWithNodes(): GatewayError {
  const message =
    'input.nodeIds: expected none together with `history`; attach them to the session afterwards.';
  return new GatewayError('BAD_USER_INPUT', message, { field: 'input.nodeIds' });
}

/** Attaching uses Prisma, so the whole transaction does. */
async function createWithNodes(
  { nodeIds, asker, metadata, ...input }: NewSession & { nodeIds: readonly string[] },
  storedBytes: number,
  { database, attachments, changes }: CreateSessionOptions,
): Promise<Session> {
  const { userId } = input;
  const now = new Date();
  const times = { createdAt: now, updatedAt: now, lastActivityAt: now };
  const data = {
    ...defined(input),
    ...times,
    tags: [...(input.tags ?? [])],
    settings: storeSettings(input.settings),
    metadata: (metadata as Prisma.InputJsonObject | null | undefined) ?? Prisma.DbNull,
    storedBytes,
  };
  const { session, told } = await database.$transaction(async (tx) => {
    const session = await tx.session.create({ data });
    await attachments.attachWithin(tx, session.id, { nodeIds, userId, asker });
    const change = { kind: 'SessionCreated', sessionId: session.id, userId } as const;
    return { session, told: await changes.writeWithin(tx, [change]) };
  });
  changes.ring(told);
  return session;
}
