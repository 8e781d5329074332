import type { Database } from './database.ts';
import { notDeleted } from './hidden-rows.ts';

/** The bytes of texts in UTF-8. Null and undefined have none. */
export function textBytes(...texts: (string | null | undefined)[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}

/** The bytes of a session's settings, which stay when its history is cleared. */
export function settingBytes(settings: {
  title?: string | null | undefined;
  systemPrompt?: string | null | undefined;
  /** The settings of the model. A schema among them can be long. */
  settings?: StoredJson | undefined;
  tags?: StoredJson | undefined;
  metadata?: StoredJson | undefined;
}): number {
  const { title, systemPrompt, settings: ofModel, tags, metadata } = settings;
  return textBytes(title, systemPrompt, ...[ofModel, tags, metadata].map(jsonOf));
}

/** A value of a JSON column. */
type StoredJson = object | string | number | boolean | null;

/** The JSON of an object or array; null if it is empty. */
function jsonOf(value: StoredJson | undefined): string | null {
  const hasAny = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  return hasAny ? JSON.stringify(value) : null;
}

/** Counts bytes for a session. This is no statement of Prisma's, which would also set `updatedAt`. */
export async function addStoredBytes(
  tx: Pick<Database, '$executeRaw'>,
  sessionId: number,
  bytes: number,
): Promise<void> {
  await tx.$executeRaw`UPDATE "Session" SET "storedBytes" = "storedBytes" + ${bytes} WHERE "id" = ${sessionId}`;
}

/** Reads how many sessions a user has, and the bytes that they take up. */
export async function storedByUser(database: Pick<Database, 'session'>, userId: string) {
  const { _count, _sum } = await database.session.aggregate({
    where: { userId, ...notDeleted },
    _count: true,
    _sum: { storedBytes: true },
  });
  return { sessions: _count, bytes: Number(_sum.storedBytes ?? 0) };
}
