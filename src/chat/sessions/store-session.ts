import { type Actor, noteDeed } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { sessionNotFound } from '../../errors.ts';
import type { Session, ToolApproval } from '../../generated/prisma/client.ts';
import { createSession, updateSession } from '../../storage/statements/session-writes.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { settingBytes } from '../../storage/stored-bytes.ts';
import type { PartialSettings } from '../models/settings/model-settings.ts';
import { settingsText, storeSettings } from '../models/settings/stored-settings.ts';
import { countExchanges, type EarlierExchange, insertExchanges } from './earlier-exchanges.ts';

/** The settings of a session. Undefined leaves a setting as it is; null means the gateway's default. */
export interface SessionSettings {
  title?: string | null | undefined;
  providerName?: string | null | undefined;
  modelName?: string | null | undefined;
  systemPrompt?: string | null | undefined;
  toolApproval?: ToolApproval | undefined;
  /** Whether the model may ask the user questions. */
  askUser?: boolean | undefined;
  /** What the session asks of its model. Null asks for nothing, for one setting or for all. */
  settings?: PartialSettings | null | undefined;
  tags?: readonly string[] | undefined;
  /** What the application keeps with the session. */
  metadata?: Record<string, unknown> | null | undefined;
}

/** What can be changed of a session: its settings, and where lists show it. */
export interface SessionChanges extends SessionSettings {
  archived?: boolean | undefined;
  pinned?: boolean | undefined;
}

export interface SessionToStore extends SessionSettings {
  userId: string;
  featureName: string;
  /** The exchanges with which the conversation begins. */
  history?: readonly EarlierExchange[] | null | undefined;
}

interface Stores {
  statements: Statements;
  changes: ChangeLog;
}

/** @param bytes What the settings take up, without the history. */
export async function insertSession(
  { statements, changes }: Stores,
  input: SessionToStore,
  bytes: number,
): Promise<Session> {
  const { userId, title = null, featureName, providerName = null, modelName = null } = input;
  const { systemPrompt = null, toolApproval = 'ASK', askUser = false, tags = [], metadata = null } = input;
  const now = new Date();
  const texts = [userId, title, featureName, providerName, modelName, systemPrompt];
  const json = [settingsText(input.settings), JSON.stringify(tags), metadataText(metadata)];
  const parameters = [...texts, ...json, toolApproval, askUser, bytes, now, now, now];
  const exchanges = await countExchanges(input.history ?? []);
  const { session, told } = await statements.transaction(async (writer) => {
    const session = await writer.get(createSession, parameters);
    if (session === undefined) throw new Error('The statement that creates a session has returned no row.');
    await insertExchanges(writer, session.id, exchanges, now);
    const change = { kind: 'SessionCreated', sessionId: session.id, userId } as const;
    return { session, told: await changes.write(writer, [change]) };
  });
  changes.ring(told);
  return session;
}

/**
 * Changes the settings of a session, and counts their bytes.
 *
 * @returns The session and the bytes by which it has grown.
 * @throws GatewayError NOT_FOUND.
 */
export async function changeSession(
  { statements, changes: log }: Stores,
  id: number,
  changes: SessionChanges & { settings: PartialSettings },
  actor?: Actor,
): Promise<{ session: Session; grown: number }> {
  const { told, ...changed } = await statements.transaction(async (writer) => {
    await writer.lockSession(id);
    // Read it now: another update may have changed the texts since the caller has read the session.
    const before = await writer.get(sessionById, [id]);
    if (before === undefined) throw sessionNotFound(id);
    const { title = before.title, providerName = before.providerName } = changes;
    const { modelName = before.modelName, systemPrompt = before.systemPrompt } = changes;
    const {
      toolApproval = before.toolApproval,
      askUser = before.askUser,
      tags = before.tags,
      metadata = before.metadata,
    } = changes;
    const settings = storeSettings(changes.settings);
    const grown = settingBytes({ title, systemPrompt, settings, tags, metadata }) - settingBytes(before);
    const now = new Date();
    const archivedAt = timeOf(changes.archived, before.archivedAt, now);
    if ((archivedAt === null) !== (before.archivedAt === null)) {
      const detail = archivedAt === null ? 'taken out of the archive' : 'archived';
      const subject = `Session:${id}`;
      await noteDeed(writer, actor, { action: 'SESSION_ARCHIVED', ownerId: before.userId, subject, detail });
    }
    const pinnedAt = timeOf(changes.pinned, before.pinnedAt, now);
    const session = await writer.get(updateSession, [
      ...[title, providerName, modelName, systemPrompt],
      ...[settingsText(changes.settings), JSON.stringify(tags), metadataText(metadata)],
      ...[toolApproval, askUser, archivedAt, archivedAt !== null, pinnedAt, grown, now, id],
    ]);
    if (session === undefined) throw sessionNotFound(id);
    const change = { kind: 'SessionUpdated', sessionId: id, userId: session.userId } as const;
    return { session, grown, told: await log.write(writer, [change]) };
  });
  log.ring(told);
  return changed;
}

/** Since when something has been so: from now on, no longer, or as before. */
function timeOf(isSo: boolean | undefined, before: Date | null, now: Date): Date | null {
  if (isSo === undefined) return before;
  return isSo ? (before ?? now) : null;
}

function metadataText(metadata: unknown): string | null {
  return metadata === null ? null : JSON.stringify(metadata);
}

/** Without the fields that are undefined: Prisma's rows and spreads would take them for values. */
export function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
