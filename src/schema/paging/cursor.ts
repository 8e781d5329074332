import { maxId } from '../../base/global-id.ts';
import { GatewayError } from '../../errors.ts';
import type { HitPosition } from '../../storage/search/search-messages.ts';

/** A cursor holds the id of the row, so that the next page starts at the right position even if the row was deleted. */
export function encodeCursor({ id }: { id: number }): string {
  return toCursor(`cursor:${id}`);
}

/**
 * @param field The argument that holds the cursor, for the error.
 * @returns The id of the row.
 * @throws GatewayError BAD_USER_INPUT for text that is not a cursor.
 */
export function decodeCursor(cursor: string, field: string): number {
  const [id] = readCursor(cursor, /^cursor:(\d{1,10})$/, field);
  return Math.min(Number(id), maxId);
}

/** The position of a session among those that are ordered by their last activity. */
export interface Activity {
  lastActivityAt: Date;
  /** Orders sessions with the same time. */
  id: number;
}

export function encodeActivityCursor({ lastActivityAt, id }: Activity): string {
  return toCursor(`activity:${lastActivityAt.getTime()}:${id}`);
}

/**
 * @param field As for `decodeCursor`.
 * @throws GatewayError BAD_USER_INPUT for text that is not such a cursor.
 */
export function decodeActivityCursor(cursor: string, field: string): Activity {
  const [at, id] = readCursor(cursor, /^activity:(\d{1,15}):(\d{1,10})$/, field);
  return { lastActivityAt: new Date(Math.min(Number(at), latestMs)), id: Math.min(Number(id), maxId) };
}

/** The position of a hit of a search among those that are ranked together: see src/storage/search/search-messages.ts. */
export function encodeHitCursor({ after, before, score, id }: HitPosition): string {
  return toCursor(`hit:${after}:${before}:${score}:${id}`);
}

/** @throws GatewayError BAD_USER_INPUT for text that is not such a cursor. */
export function decodeHitCursor(cursor: string, field: string): HitPosition {
  const form = /^hit:(\d{1,10}):(\d{1,10}):(\d{1,3}):(\d{1,10})$/;
  const [after = 0, before = 0, score = 0, id = 0] = readCursor(cursor, form, field).map((number) =>
    Math.min(Number(number), maxId),
  );
  return { after, before, score, id };
}

/** The last millisecond whose year has four digits, as the texts in the database have it. */
export const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function toCursor(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The position of something in a list that is sorted by names or paths. `kind` tells apart what has the same name. */
export interface NamedPosition {
  kind: string;
  name: string;
}

export function encodeNameCursor({ kind, name }: NamedPosition): string {
  return toCursor(`name:${kind}:${name}`);
}

/** @throws GatewayError BAD_USER_INPUT for text that is not such a cursor. */
export function decodeNameCursor(cursor: string, field: string): NamedPosition {
  const [kind = '', name = ''] = readCursor(cursor, /^name:(\w+):(.+)$/s, field, longestNameCursor);
  return { kind, name };
}

/** In characters. A cursor with numbers that this API has given out has at most 52. */
const longestCursor = 64;
/** In characters: enough for the longest path of a workspace. */
const longestNameCursor = 3_000;

function readCursor(cursor: string, form: RegExp, field: string, longest = longestCursor): string[] {
  // A list decodes its cursor again for each of its parents, so a long text would be decoded hundreds of times.
  const text = cursor.length <= longest ? Buffer.from(cursor, 'base64url').toString('utf8') : '';
  const match = form.exec(text);
  if (match) return match.slice(1);
  const message = `${field}: not a cursor that this API has given out for this list and order.`;
  throw new GatewayError('BAD_USER_INPUT', message, { field });
}
