import { createHmac, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { readSharedSecret } from '../storage/shared-secret.ts';
import type { ChangePosition } from '../storage/statements/changes.ts';

/** For whom a cursor is made. */
export interface CursorHolder {
  userId: string;
  /** What the user follows with it. */
  stream: string;
}

/** Bytes of the signature in a cursor: too many to guess. */
const signatureBytes = 16;
/** Characters; ours have less than half. */
const longestCursor = 200;

/** Makes and checks the cursors of changes. They are signed, so that a client cannot look at positions of its own making. */
export class ChangeCursors {
  readonly #database: Database;
  #key: Promise<Uint8Array> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All gateways of the database make the same cursor, also after a restart. */
  async write({ transactionId, id, at }: ChangePosition, holder: CursorHolder): Promise<string> {
    const place = `${transactionId}.${id}.${at}`;
    const signature = sign(await this.#readKey(), place, holder);
    return Buffer.concat([signature, Buffer.from(place)]).toString('base64url');
  }

  /**
   * @throws GatewayError BAD_USER_INPUT with `field: after` unless the cursor was made for this user and this stream.
   */
  async read(cursor: string, holder: CursorHolder): Promise<ChangePosition> {
    if (cursor.length > longestCursor) throw unknownCursor();
    const bytes = Buffer.from(cursor, 'base64url');
    const place = bytes.subarray(signatureBytes).toString('latin1');
    const expected = sign(await this.#readKey(), place, holder);
    const given = bytes.subarray(0, signatureBytes);
    const isOwn = given.length === signatureBytes && timingSafeEqual(given, expected);
    // Base64 has several texts for the same bytes, and only one of them was handed out.
    if (!isOwn || bytes.toString('base64url') !== cursor) throw unknownCursor();
    const [transactionId = 0, id = 0, at = 0] = place.split('.').map(Number);
    return { transactionId, id, at };
  }

  #readKey(): Promise<Uint8Array> {
    this.#key ??= readSharedSecret(this.#database, 'change cursors').catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }
}

function sign(key: Uint8Array, place: string, { userId, stream }: CursorHolder): Buffer {
  const text = JSON.stringify([stream, userId, place]);
  return createHmac('sha256', key).update(text).digest().subarray(0, signatureBytes);
}

function unknownCursor(): GatewayError {
  const message =
    'after must be the cursor of an event that the same user has got from this subscription with the same arguments. Without it the events from now on come.';
  return new GatewayError('BAD_USER_INPUT', message, { field: 'after' });
}
