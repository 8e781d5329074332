import { maxId } from '../../base/global-id.ts';
import { GatewayError } from '../../errors.ts';

/** A cursor holds the id of the row, so that the next page starts at the right position even if the row was deleted. */
export function encodeCursor({ id }: { id: number }): string {
  return Buffer.from(`cursor:${id}`).toString('base64url');
}

/**
 * @param field The argument that holds the cursor, for the error.
 * @returns The id of the row.
 * @throws GatewayError BAD_USER_INPUT for text that is not a cursor.
 */
export function decodeCursor(cursor: string, field: string): number {
  const [, id] = /^cursor:(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (id === undefined) {
    throw new GatewayError('BAD_USER_INPUT', `${field}: not a cursor that this API has given out.`, {
      field,
    });
  }
  return Math.min(Number(id), maxId);
}
